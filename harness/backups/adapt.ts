import type { Client } from 'pg'
import type { RestoreMessage } from './backup-format.ts'
import { HarnessError } from '../errors.ts'
import { excerpt } from './restore-error.ts'
import { harmlessStatement } from './sql/harmless.ts'

/**
 * Statements of a plain dump that fail on an empty database without meaning a loss, made harmless before they
 * run, so that whatever fails then is a real loss: settings that this server does not know, dropping what is
 * not there yet (`pg_dump --clean`), creating the schema `public`.
 */
export class Adapter {
  /** What was changed or left out. */
  readonly messages: RestoreMessage[] = []
  readonly #client: Client
  readonly #superuser: boolean
  readonly #known = new Map<string, boolean>()
  #created = false
  #dropped = 0

  constructor(client: Client, superuser: boolean) {
    this.#client = client
    this.#superuser = superuser
  }

  /** The statement to run instead; undefined for none. Returns at once, without a promise, where it may. */
  adapt(sql: Buffer): Buffer | undefined | Promise<Buffer | undefined> {
    switch ((sql[0] ?? 0) | 32) {
      case 0x73: // set
        return this.#set(sql)
      case 0x61: // alter
      case 0x64: // drop
        return this.#created || !this.#drops(sql) ? this.#harmless(sql) : undefined
      case 0x63: // create, comment, copy
        return this.#create(sql)
      default:
        return sql
    }
  }

  async #set(sql: Buffer): Promise<Buffer | undefined> {
    const name = /^set\s+(?:session\s+|local\s+)?(\w+)\s*(?:=|\sto\s)/i.exec(
      sql.toString('latin1', 0, 200),
    )?.[1]
    if (name === undefined || (await this.#knows(name.toLowerCase()))) return sql
    this.#say(`setting ${name} is not known to this server: left out`)
    return undefined
  }

  async #knows(name: string): Promise<boolean> {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const { rows } = await this.#client.query<{ known: string }>(
      `select (pg_catalog.current_setting($1, true) is not null)::text as known`,
      [name],
    )
    const answer = rows[0]?.known === 'true'
    this.#known.set(name, answer)
    return answer
  }

  #drops(sql: Buffer): boolean {
    const text = sql.toString('latin1', 0, 2000)
    const drops = /^drop\s/i.test(text) || /^alter\s[^]*\s(?:drop|detach)\s/i.test(text)
    if (drops && this.#dropped++ === 0) this.#say('what the backup drops first is not there yet: left out')
    return drops
  }

  #create(sql: Buffer): Buffer | undefined {
    const head = sql.toString('latin1', 0, 100)
    if (/^create\s+schema\s+"?public"?\s*;/i.test(head))
      return Buffer.from('CREATE SCHEMA IF NOT EXISTS public;')
    if (!this.#superuser && /^comment\s+on\s+extension\s+plpgsql\s/i.test(head)) {
      this.#say(`${excerpt(head)}: left out, only a superuser may`)
      return undefined
    }
    if (/^copy\s/i.test(head)) requireOwnData(sql.toString('latin1', 0, 10_000))
    if (/^create\s/i.test(head)) this.#created = true
    return this.#harmless(sql)
  }

  /** Whatever a subscription or a foreign server would do must not happen while loading either. */
  #harmless(sql: Buffer): Buffer | undefined {
    if (!/^\w+\s+(?:server|subscription)\s/i.test(sql.toString('latin1', 0, 40))) return sql
    const harmless = harmlessStatement(sql.toString('latin1'))
    if (harmless === null) return undefined
    return harmless === undefined ? sql : Buffer.from(harmless, 'latin1')
  }

  #say(text: string): void {
    this.messages.push({ kind: 'benign', text })
  }
}

/** Rows come with the backup: what reads or writes files of the server, or runs programs there, is no dump's. */
function requireOwnData(copy: string): void {
  const outside = /\s(?:from|to)\s+(program\s|e?')/i.exec(copy)
  if (outside === null) return
  const what = outside[1]?.toLowerCase().startsWith('program') ? 'runs a program' : 'reaches a file'
  throw new HarnessError(
    'backup-unsafe-command',
    `The backup holds a COPY that ${what} of the server, which is not run here: it reaches outside the database.`,
    { hint: 'Take the backup with pg_dump, or take the statement out of the file if you trust the rest.' },
  )
}
