import { HarnessError } from '../errors.ts'
import type { BackupFacts, MigrationTable } from './backup-format.ts'
import { checkMetaCommand, otherDatabase } from './meta-commands.ts'
import { AppliedMigrations } from './sql/applied-migrations.ts'
import { decoderOf } from './sql/decode.ts'
import { rolesOf } from './sql/roles.ts'
import type { SqlEvent } from './sql/splitter.ts'
import { nameOf, targetOf } from './sql/target.ts'
import { majorOf, shortVersion } from './versions.ts'

type Gathered = Omit<BackupFacts, 'compression' | 'bytes' | 'sha256'>

/**
 * Gathers what a plain dump says about itself, event by event. Throws HarnessError for one that is cut off,
 * that would leave the target database empty (it makes or connects to another), or that asks psql for what is
 * not done here.
 */
export class PlainFacts {
  readonly #migrations: AppliedMigrations
  readonly #roles = new Set<string>()
  readonly #extensions = new Set<string>()
  readonly #tables = new Set<string>()
  readonly #metaCommands = new Set<string>()
  #begun = 0
  #completed = 0
  #serverVersion: string | null = null
  #dumpVersion: string | null = null
  #encoding: string | null = null
  #decode = decoderOf(null)
  /** Where unqualified names are, as dumps before 10.3 have them. */
  #schema = 'public'
  /** How the last INSERT began: a million of them go into one table. */
  #lastInsert: Buffer = Buffer.alloc(0)

  constructor(migrationTable: MigrationTable) {
    this.#migrations = new AppliedMigrations(migrationTable)
  }

  observe(event: SqlEvent): void {
    this.#migrations.observe(event, this.#schema, this.#decode)
    if (event.kind === 'comment') this.#comment(event.text)
    else if (event.kind === 'statement') this.#statement(event.sql)
    else if (event.kind === 'copy') this.#fills(this.#decode(event.sql))
    else if (event.kind === 'unterminated') throw truncated(`it ends inside ${article(event.what)}`)
    else if (event.kind === 'meta') {
      checkMetaCommand(event)
      this.#metaCommands.add(event.name)
    }
  }

  /** Call it once, after the last event. */
  facts(): Gathered {
    if (this.#begun > this.#completed)
      throw truncated('the line "PostgreSQL database dump complete" is missing')
    return {
      format: 'plain',
      formatVersion: null,
      serverVersion: this.#serverVersion,
      serverMajor: majorOf(this.#serverVersion),
      dumpVersion: this.#dumpVersion,
      createdAt: null,
      database: null,
      encoding: this.#encoding,
      roles: [...this.#roles].toSorted(),
      extensions: [...this.#extensions],
      tablespaces: [],
      publications: [],
      subscriptions: [],
      foreignServers: [],
      clusterStatements: [],
      tables: [...this.#tables],
      appliedMigrations: this.#migrations.names,
      metaCommands: [...this.#metaCommands],
    }
  }

  #comment(text: string): void {
    if (text === '-- PostgreSQL database dump') this.#begun++
    else if (text === '-- PostgreSQL database dump complete') this.#completed++
    else if (text.startsWith(fromServer)) this.#serverVersion ??= shortVersion(text.slice(fromServer.length))
    else if (text.startsWith(byDump)) this.#dumpVersion ??= shortVersion(text.slice(byDump.length))
  }

  #statement(sql: Buffer): void {
    switch ((sql[0] ?? 0) | 32) {
      case 0x69: // insert
        return this.#insert(sql)
      case 0x73: // set, select
        return this.#setting(this.#decode(sql.subarray(0, 300)))
      case 0x61: // alter
      case 0x67: // grant
      case 0x72: // revoke
        return this.#addRoles(this.#decode(sql))
      case 0x63: // create
      case 0x64: // drop
        return this.#definition(sql)
    }
  }

  #insert(sql: Buffer): void {
    const { length } = this.#lastInsert
    if (length > 0 && sql.compare(this.#lastInsert, 0, length, 0, length) === 0) return
    const values = sql.subarray(0, 1000).indexOf(' VALUES')
    this.#lastInsert = Buffer.from(sql.subarray(0, values + 1))
    this.#fills(this.#decode(sql.subarray(0, 1000)))
  }

  #fills(statement: string): void {
    const target = targetOf(statement)
    if (target !== undefined) this.#tables.add(`${target.schema ?? this.#schema}.${target.name}`)
  }

  #setting(statement: string): void {
    const encoding = /^set\s+client_encoding\s*(?:=|to)\s*'?([\w-]+)/i.exec(statement)?.[1]
    if (encoding !== undefined) {
      this.#encoding ??= encoding
      this.#decode = decoderOf(encoding)
    }
    const path = /^set\s+search_path\s*(?:=|\sto\s)\s*("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)/iu.exec(
      statement,
    )?.[1]
    if (path !== undefined) this.#schema = nameOf(path)
    if (/^set\s+session\s/i.test(statement)) this.#addRoles(statement)
  }

  #definition(sql: Buffer): void {
    const head = this.#decode(sql.subarray(0, 300))
    if (/^(?:create|drop)\s+database\s/i.test(head))
      throw otherDatabase(head.split(/\s+/).slice(0, 2).join(' '))
    const extension = /^create\s+extension\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|[\w-]+)/i.exec(
      head,
    )?.[1]
    if (extension !== undefined) this.#extensions.add(nameOf(extension))
    if (/^create\s+(?:policy|schema|user\s+mapping)\s/i.test(head)) this.#addRoles(this.#decode(sql))
  }

  #addRoles(statement: string): void {
    for (const role of rolesOf(statement)) this.#roles.add(role)
  }
}

const fromServer = '-- Dumped from database version '
const byDump = '-- Dumped by pg_dump version '

function truncated(why: string): HarnessError {
  return new HarnessError('backup-truncated', `The backup is cut off: ${why}.`, {
    hint: 'Copy the backup again, in binary mode, and compare its size with the original; take a new one if that is short too.',
  })
}

function article(what: string): string {
  if (what === 'COPY data') return what
  return `${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}`
}
