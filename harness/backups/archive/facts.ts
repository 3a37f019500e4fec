import { localeOfStatement } from '../../postgres/database-locale.ts'
import type { BackupContents, BackupFacts, MigrationTable } from '../backup-format.ts'
import { AppliedMigrations } from '../sql/applied-migrations.ts'
import { decoderOf } from '../sql/decode.ts'
import { rolesOf } from '../sql/roles.ts'
import { SqlSplitter } from '../sql/splitter.ts'
import { majorOf, shortVersion } from '../versions.ts'
import { contentsOf } from './contents.ts'
import type { ArchiveHeader } from './header.ts'
import type { Toc, TocEntry } from './toc.ts'

type ArchiveFacts = Omit<BackupFacts, 'format' | 'compression' | 'bytes' | 'sha256' | 'appliedMigrations'>

/** What the head and the table of contents of an archive say. */
export function archiveFacts(
  header: ArchiveHeader,
  { entries, encoding }: Toc,
  rows: BackupContents['rows'] = {},
): ArchiveFacts {
  const serverVersion = shortVersion(header.serverVersion)
  const tagged = (...descs: readonly string[]): string[] =>
    entries.filter((entry) => descs.includes(entry.desc)).map((entry) => entry.tag)
  const tables = entries.filter((entry) => entry.desc === 'TABLE DATA')
  return {
    formatVersion: `1.${header.minor}`,
    serverVersion,
    serverMajor: majorOf(serverVersion),
    systemIdentifier: null,
    dumpVersion: shortVersion(header.dumpVersion),
    createdAt: header.createdAt,
    database: header.database,
    encoding,
    locale: localeOf(entries),
    roles: [...new Set(entries.flatMap(rolesOfEntry))].toSorted(),
    extensions: tagged('EXTENSION'),
    tablespaces: [...new Set(entries.flatMap(({ tablespace }) => tablespace || []))].toSorted(),
    publications: tagged('PUBLICATION'),
    subscriptions: tagged('SUBSCRIPTION'),
    foreignServers: tagged('SERVER', 'FOREIGN SERVER'),
    clusterStatements: entries.filter(isAboutDatabase).flatMap(({ defn }) => statementsOf(defn)),
    tables: tables.map((entry) => `${entry.namespace ?? 'public'}.${entry.tag}`),
    metaCommands: [],
    physical: null,
    contents: contentsOf(entries, rows),
    manifest: null,
  }
}

/** The entries whose data says which migrations are applied. */
export function migrationEntries({ entries }: Toc, table: MigrationTable): TocEntry[] {
  return entries.filter(
    (entry) =>
      entry.desc === 'TABLE DATA' &&
      entry.tag === table.name &&
      (table.schema === undefined || table.schema === entry.namespace),
  )
}

/**
 * The applied migrations by the content of the migration table: COPY data, or statements when pg_dump was told
 * `--inserts`. Null where `contentOf` has none.
 */
export function appliedIn(
  toc: Toc,
  table: MigrationTable,
  contentOf: (entry: TocEntry) => Buffer | null,
): string[] | null {
  const migrations = new AppliedMigrations(table)
  const decode = decoderOf(toc.encoding)
  for (const entry of migrationEntries(toc, table)) {
    const data = contentOf(entry)
    if (data === null) return null
    const splitter = new SqlSplitter()
    const declared = toc.entries.filter(({ desc, tag }) => desc === 'TABLE' && tag === table.name)
    const sql = [...declared.map(({ defn }) => defn ?? ''), entry.copyStmt ?? ''].join('\n')
    for (const part of [Buffer.from(sql), data]) {
      for (const event of splitter.push(part)) migrations.observe(event, entry.namespace ?? '', decode)
    }
    for (const event of splitter.end()) if (event.kind === 'unterminated') return null
  }
  return migrations.names
}

function localeOf(entries: readonly TocEntry[]): BackupFacts['locale'] {
  const database = entries.find(({ desc }) => desc === 'DATABASE')
  return localeOfStatement(database?.defn ?? '')
}

function rolesOfEntry({ owner, desc, defn }: TocEntry): string[] {
  const owners = owner === null || owner === '' ? [] : [owner]
  if (!statementsWithRoles.has(desc)) return owners
  return [...owners, ...statementsOf(defn).flatMap(rolesOf)]
}

const statementsWithRoles = new Set(['ACL', 'DEFAULT ACL', 'POLICY', 'USER MAPPING', 'SCHEMA'])

/** What pg_restore leaves out unless it makes the database itself (`--create`). */
function isAboutDatabase({ desc, tag }: TocEntry): boolean {
  return desc === 'DATABASE PROPERTIES' || (desc === 'ACL' && tag.startsWith('DATABASE '))
}

function statementsOf(defn: string | null): string[] {
  if (defn === null) return []
  const splitter = new SqlSplitter()
  const events = [...splitter.push(Buffer.from(defn)), ...splitter.end()]
  return events.flatMap((event) => (event.kind === 'statement' ? [event.sql.toString()] : []))
}
