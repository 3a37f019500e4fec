import { HarnessError } from '../errors.ts'
import { localeOfStatement } from '../postgres/database-locale.ts'
import type { BackupFacts, MigrationTable } from './backup-format.ts'
import { checkMetaCommand } from './meta-commands.ts'
import { noSuchDatabase, severalDatabases } from './several-databases.ts'
import { noContents } from './section-contents.ts'
import { SectionFacts } from './section-facts.ts'
import { connectTarget, createdDatabase, isClusterStatement } from './sql/cluster.ts'
import type { SqlEvent } from './sql/splitter.ts'
import { majorOf, shortVersion } from './versions.ts'

type Gathered = Omit<BackupFacts, 'compression' | 'bytes' | 'sha256'>

/**
 * Gathers what a plain dump says about itself, event by event: of one database, or of several that it connects to
 * in turn. Throws HarnessError for one that is cut off, that asks psql for what is not done here, or of which it is
 * not clear which database is meant.
 */
export class PlainFacts {
  readonly #migrationTable: MigrationTable
  readonly #database: string | undefined
  readonly #sections = new Map<string | null, SectionFacts>()
  readonly #metaCommands = new Set<string>()
  readonly #clusterStatements: string[] = []
  #section: SectionFacts
  #begun = 0
  #completed = 0
  #serverVersion: string | null = null
  #dumpVersion: string | null = null
  #createdAt: string | null = null

  /** `database`: the one that is meant, of a dump that has several. */
  constructor(migrationTable: MigrationTable, database?: string) {
    this.#migrationTable = migrationTable
    this.#database = database
    this.#section = this.#sectionOf(null)
  }

  observe(event: SqlEvent): void {
    if (event.kind === 'comment') this.#comment(event.text)
    else if (event.kind === 'meta') this.#meta(event)
    else if (event.kind === 'unterminated') throw truncated(`it ends inside ${article(event.what)}`)
    else if (event.kind === 'statement' && isCluster(event.sql))
      this.#clusterStatements.push(event.sql.toString())
    else this.#section.observe(event)
  }

  /** Call it once, after the last event. */
  facts(): Gathered {
    if (this.#begun > this.#completed)
      throw truncated('the line "PostgreSQL database dump complete" is missing')
    const database = chosen(this.#sections, this.#database)
    const section = this.#sectionOf(database)
    return {
      format: 'plain',
      formatVersion: null,
      serverVersion: this.#serverVersion,
      serverMajor: majorOf(this.#serverVersion),
      systemIdentifier: null,
      dumpVersion: this.#dumpVersion,
      createdAt: this.#createdAt,
      database,
      encoding: section.encoding,
      locale: localeIn(this.#clusterStatements, database),
      roles: [...section.roles].toSorted(),
      extensions: [...section.extensions],
      tablespaces: [...section.tablespaces],
      publications: [...section.publications],
      subscriptions: [...section.subscriptions],
      foreignServers: [...section.foreignServers],
      clusterStatements: this.#clusterStatements,
      tables: [...section.tables],
      appliedMigrations: section.migrations.names,
      metaCommands: [...this.#metaCommands],
      physical: null,
      // SQL by hand may make, drop and rename in ways that only the server follows.
      contents: this.#begun > 0 ? section.contents.contents() : noContents,
      manifest: null,
    }
  }

  #comment(text: string): void {
    if (/^-- PostgreSQL database (?:cluster )?dump$/.test(text)) this.#begun++
    else if (/^-- PostgreSQL database (?:cluster )?dump complete$/.test(text)) this.#completed++
    else if (text.startsWith(fromServer)) this.#serverVersion ??= shortVersion(text.slice(fromServer.length))
    else if (text.startsWith(byDump)) this.#dumpVersion ??= shortVersion(text.slice(byDump.length))
    else this.#createdAt ??= startedOn(text)
  }

  #meta(event: Extract<SqlEvent, { kind: 'meta' }>): void {
    const target = connectTarget(event)
    if (target !== null) this.#section = this.#sectionOf(target)
    else if (event.name !== 'c' && event.name !== 'connect') {
      checkMetaCommand(event)
      this.#metaCommands.add(event.name)
    }
  }

  #sectionOf(database: string | null): SectionFacts {
    const known = this.#sections.get(database)
    if (known !== undefined) return known
    const section = new SectionFacts(this.#migrationTable)
    this.#sections.set(database, section)
    return section
  }
}

/** Of the database's own CREATE DATABASE. */
function localeIn(statements: readonly string[], database: string | null): BackupFacts['locale'] {
  const own = statements.find((statement) => createdDatabase(statement) === database)
  return own === undefined || database === null ? null : localeOfStatement(own)
}

/** The database that is asked for, or else the only one with something in it; `postgres` comes last. */
function chosen(
  sections: ReadonlyMap<string | null, SectionFacts>,
  asked: string | undefined,
): string | null {
  const named = [...sections.keys()].filter((name) => name !== null)
  if (named.length === 0) return null
  if (asked !== undefined) {
    if (named.includes(asked)) return asked
    throw noSuchDatabase(asked, named)
  }
  const used = [...sections].filter(([, section]) => section.used).map(([name]) => name)
  const own = used.filter((name) => name !== 'postgres' && name !== 'template1')
  const candidates = own.length > 0 ? own : used.length > 0 ? used : named.slice(-1)
  if (candidates.length > 1) throw severalDatabases(candidates)
  return candidates[0] ?? null
}

/** The date that `pg_dump --verbose` writes; null without. */
export function startedOn(text: string): string | null {
  return /^-- Started on (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)/m.exec(text)?.[1] ?? null
}

const statementsOfCluster = new Set(Buffer.from('acdgrs'))

function isCluster(sql: Buffer): boolean {
  return statementsOfCluster.has((sql[0] ?? 0) | 32) && isClusterStatement(sql.toString('latin1', 0, 300))
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
