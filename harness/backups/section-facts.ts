import type { MigrationTable } from './backup-format.ts'
import { SectionContents } from './section-contents.ts'
import { AppliedMigrations } from './sql/applied-migrations.ts'
import { decoderOf } from './sql/decode.ts'
import { rolesOf } from './sql/roles.ts'
import type { SqlEvent } from './sql/splitter.ts'
import { nameOf, targetOf } from './sql/target.ts'

/** Gathers what one database's part of a plain dump holds, event by event. */
export class SectionFacts {
  readonly roles = new Set<string>()
  readonly extensions = new Set<string>()
  readonly tablespaces = new Set<string>()
  readonly publications = new Set<string>()
  readonly subscriptions = new Set<string>()
  readonly foreignServers = new Set<string>()
  readonly tables = new Set<string>()
  readonly migrations: AppliedMigrations
  readonly contents = new SectionContents()
  encoding: string | null = null
  /** Something is made or filled. */
  used = false
  #decode = decoderOf(null)
  /** Where unqualified names are, as dumps before 10.3 have them. */
  #schema = 'public'
  /** How the last INSERT began: a million of them go into one table. */
  #lastInsert: Buffer = Buffer.alloc(0)

  constructor(migrationTable: MigrationTable) {
    this.migrations = new AppliedMigrations(migrationTable)
  }

  observe(event: SqlEvent): void {
    this.migrations.observe(event, this.#schema, this.#decode)
    this.contents.observe(event, this.#schema, this.#decode)
    if (event.kind === 'statement') this.#statement(event.sql)
    else if (event.kind === 'copy') this.#fills(this.#decode(event.sql))
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
        return this.#definition(sql)
    }
  }

  #insert(sql: Buffer): void {
    const { length } = this.#lastInsert
    if (length > 0 && sql.compare(this.#lastInsert, 0, length, 0, length) === 0) return
    const values = sql.subarray(0, 1000).indexOf(' VALUES')
    this.#lastInsert = Buffer.from(sql.subarray(0, values + 1))
    const table = this.#fills(this.#decode(sql.subarray(0, 1000)))
    if (table !== undefined) this.contents.inserts(table)
  }

  #fills(statement: string): string | undefined {
    const target = targetOf(statement)
    if (target === undefined) return undefined
    this.used = true
    const table = `${target.schema ?? this.#schema}.${target.name}`
    this.tables.add(table)
    return table
  }

  #setting(statement: string): void {
    const encoding = /^set\s+client_encoding\s*(?:=|to)\s*'?([\w-]+)/i.exec(statement)?.[1]
    if (encoding !== undefined) {
      this.encoding ??= encoding
      this.#decode = decoderOf(encoding)
    }
    const path = /^set\s+search_path\s*(?:=|\sto\s)\s*("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)/iu.exec(
      statement,
    )?.[1]
    if (path !== undefined) this.#schema = nameOf(path)
    const tablespace = /^set\s+default_tablespace\s*(?:=|\sto\s)\s*("(?:[^"]|"")+"|\w+)/i.exec(statement)?.[1]
    if (tablespace !== undefined) this.tablespaces.add(nameOf(tablespace))
    if (/^set\s+session\s/i.test(statement)) this.#addRoles(statement)
  }

  #definition(sql: Buffer): void {
    this.used = true
    const head = this.#decode(sql.subarray(0, 300))
    for (const [kind, names] of this.#kinds) {
      const name = kind.exec(head)?.[1]
      if (name !== undefined) names.add(nameOf(name))
    }
    if (/^create\s+(?:policy|schema|user\s+mapping)\s/i.test(head)) this.#addRoles(this.#decode(sql))
  }

  readonly #kinds: readonly (readonly [RegExp, Set<string>])[] = [
    [named('extension'), this.extensions],
    [named('publication'), this.publications],
    [named('subscription'), this.subscriptions],
    [named('server'), this.foreignServers],
  ]

  #addRoles(statement: string): void {
    for (const role of rolesOf(statement)) this.roles.add(role)
  }
}

function named(kind: string): RegExp {
  return new RegExp(String.raw`^create\s+${kind}\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|[^\s";(]+)`, 'i')
}
