import { HarnessError } from '../errors.ts'
import { inflateBlock, walkBlocks } from './archive/blocks.ts'
import { ByteReader } from './archive/byte-reader.ts'
import { readHeader } from './archive/header.ts'
import type { ArchiveHeader } from './archive/header.ts'
import { readToc } from './archive/toc.ts'
import type { Toc, TocEntry } from './archive/toc.ts'
import type {
  BackupFacts,
  BackupFormat,
  MigrationTable,
  RestoreRequest,
  ToolVersion,
} from './backup-format.ts'
import { Digest } from './digest.ts'
import { missingTables } from './missing-tables.ts'
import { pgRestoreMessages } from './pg-restore-messages.ts'
import { AppliedMigrations } from './sql/applied-migrations.ts'
import { decoderOf } from './sql/decode.ts'
import { rolesOf } from './sql/roles.ts'
import { SqlSplitter } from './sql/splitter.ts'
import { majorOf, shortVersion } from './versions.ts'
import { withProgress } from './with-progress.ts'

/** `pg_dump -Fc`: restored by pg_restore. */
export const custom: BackupFormat = {
  name: 'custom',
  description: 'pg_dump --format=custom, compressed or not',
  recognises: (head) => head.toString('latin1', 0, 5) === 'PGDMP',
  async describe(file, migrationTable) {
    const digest = new Digest()
    const bytes = new ByteReader(file.open(digest.update))
    const { header, reader } = await readHeader(bytes)
    const toc = await readToc(reader, header)
    const data = await walkBlocks(reader, toc.entries, candidates(toc, migrationTable))
    // To the end, so that a gzip file is checked to its last byte.
    await bytes.drain()
    return {
      ...factsOf(header, toc),
      compression: file.compression === 'none' ? header.compression : file.compression,
      bytes: file.bytes,
      sha256: await digest.of(file),
      appliedMigrations: appliedIn(header, toc, data, migrationTable),
    }
  },
  checkTools,
  restore,
}

function factsOf(
  header: ArchiveHeader,
  { entries, encoding }: Toc,
): Omit<BackupFacts, 'compression' | 'bytes' | 'sha256' | 'appliedMigrations'> {
  const serverVersion = shortVersion(header.serverVersion)
  const tables = entries.filter((entry) => entry.desc === 'TABLE DATA')
  return {
    format: 'custom',
    formatVersion: `1.${header.minor}`,
    serverVersion,
    serverMajor: majorOf(serverVersion),
    dumpVersion: shortVersion(header.dumpVersion),
    database: header.database,
    encoding,
    roles: [...new Set(entries.flatMap(rolesOfEntry))].toSorted(),
    extensions: entries.filter((entry) => entry.desc === 'EXTENSION').map((entry) => entry.tag),
    tables: tables.map((entry) => `${entry.namespace ?? 'public'}.${entry.tag}`),
    metaCommands: [],
  }
}

function rolesOfEntry({ owner, desc, defn }: TocEntry): string[] {
  const owners = owner === null || owner === '' ? [] : [owner]
  if (defn === null || !statementsWithRoles.has(desc)) return owners
  const splitter = new SqlSplitter()
  const events = [...splitter.push(Buffer.from(defn)), ...splitter.end()]
  return [
    ...owners,
    ...events.flatMap((event) => (event.kind === 'statement' ? rolesOf(event.sql.toString()) : [])),
  ]
}

const statementsWithRoles = new Set(['ACL', 'DEFAULT ACL', 'POLICY', 'USER MAPPING', 'SCHEMA'])

function candidates({ entries }: Toc, table: MigrationTable): Set<number> {
  const found = entries.filter(
    (entry) =>
      entry.desc === 'TABLE DATA' &&
      entry.tag === table.name &&
      (table.schema === undefined || table.schema === entry.namespace),
  )
  return new Set(found.map((entry) => entry.dumpId))
}

/** The block holds COPY data, or statements when pg_dump was told `--inserts`. */
function appliedIn(
  header: ArchiveHeader,
  toc: Toc,
  blocks: ReadonlyMap<number, Buffer>,
  table: MigrationTable,
): string[] | null {
  const migrations = new AppliedMigrations(table)
  const decode = decoderOf(toc.encoding)
  for (const dumpId of candidates(toc, table)) {
    const entry = toc.entries.find((entry) => entry.dumpId === dumpId)
    const stored = blocks.get(dumpId)
    const data = stored && inflateBlock(stored, header.compression)
    if (entry === undefined || !data) return null
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

async function checkTools(facts: BackupFacts, toolVersion: ToolVersion): Promise<string> {
  const version = await toolVersion('pg_restore')
  const archiveMinor = Number(facts.formatVersion?.split('.')[1] ?? 0)
  const needed = oldestTool[archiveMinor] ?? 0
  const client = `postgresql-client-${Math.max(needed, facts.serverMajor ?? 0)}`
  if (version === undefined) {
    throw new HarnessError('no-pg-restore', 'A custom-format backup needs pg_restore, which is not here.', {
      hint: `Install it (\`apt-get install ${client}\`), or rehearse with --engine docker, whose image has it, or take a plain SQL backup, which needs no client tools.`,
    })
  }
  if ((majorOf(version) ?? 0) >= needed) return `pg_restore ${version}`
  throw new HarnessError(
    'old-pg-restore',
    `The backup has archive version ${facts.formatVersion}, which needs pg_restore ${needed} or newer; this one is ${version}.`,
    {
      hint: `Install a newer one (\`apt-get install ${client}\`), or rehearse with --engine docker and --postgres ${needed} or newer.`,
    },
  )
}

/** The first major whose pg_restore reads an archive version, by its minor number. Older ones all do. */
const oldestTool: Readonly<Record<number, number>> = { 14: 12, 15: 16, 16: 17 }

async function restore(request: RestoreRequest): ReturnType<BackupFormat['restore']> {
  const { file, facts, server, database, onProgress, signal } = request
  const method = await checkTools(facts, (tool) => server.toolVersion(tool))
  const stdin = file.open(withProgress(onProgress))
  try {
    // Without --exit-on-error: harmless errors are common, and every one of them is judged below.
    const result = await server.runTool('pg_restore', ['--no-password'], { database, stdin, signal })
    return {
      method,
      messages: [...pgRestoreMessages(result), ...(await missingTables(server, database, facts.tables))],
    }
  } finally {
    stdin.destroy()
  }
}
