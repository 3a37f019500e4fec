import type { DataDirectory, DataFile } from './data-directory.ts'

/** How the server on somebody's files is configured and who may connect to it. */
export interface OwnConfiguration {
  /** Of `postgresql.conf`. */
  readonly settings: string
  /** Of `pg_hba.conf`. */
  readonly access: string
}

/** Paths of what is left out, which `pg_verifybackup --ignore` must not miss; of a directory its content. */
export const leftOut: readonly string[] = [
  // Another server's process.
  'postmaster.pid',
  'postmaster.opts',
  'current_logfiles',
  // What would make it follow, archive to, or be configured as production.
  'standby.signal',
  'recovery.signal',
  'recovery.conf',
  'recovery.done',
  'postgresql.conf',
  'postgresql.auto.conf',
  'pg_hba.conf',
  'pg_ident.conf',
  'conf.d',
  'pg_replslot',
  'pg_wal/archive_status',
  // Tablespaces lie inside the data directory instead.
  'tablespace_map',
  // What Postgres empties when it starts, and logs.
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'log',
  'pg_log',
]

/**
 * The files of a data directory on which a server is started that is nobody's but ours: without production's
 * configuration, keys, replication slots and signals, with every directory that Postgres wants, which archives and
 * object stores lose when they are empty. `onSecret` hears of keys and certificates, which are left out as well.
 */
export async function* ownFiles(
  data: DataDirectory,
  { settings, access }: OwnConfiguration,
  onSecret: (path: string) => void = () => {},
): AsyncGenerator<DataFile, void, undefined> {
  const made = new Set<string>()
  let hasTablespaces = false
  for await (const file of data.files()) {
    const { path, kind } = file
    hasTablespaces ||= path.startsWith('pg_tblspc/')
    if (isSecret(path)) {
      onSecret(path)
      continue
    }
    // A cluster that was once made of a base backup keeps the manifest of that.
    if (isLeftOut(path) || (path === 'backup_manifest' && !data.recovers)) continue
    for (const parent of parentsOf(path)) {
      if (!made.has(parent)) yield directory(parent)
      made.add(parent)
    }
    if (kind === 'directory' && made.has(path)) continue
    if (kind === 'directory') made.add(path)
    yield file
  }
  for (const path of required) if (!made.has(path)) yield directory(path)
  const minimums = Object.entries(data.minimums).map(([name, value]) => `${name} = ${value}`)
  const inPlace = hasTablespaces ? ['allow_in_place_tablespaces = on'] : []
  yield text('postgresql.conf', [safe, ...minimums, ...inPlace, settings, ''].join('\n'))
  yield text('pg_hba.conf', access)
  yield text('pg_ident.conf', '')
  if (data.recovers) yield text('recovery.signal', '')
}

/** Nothing of it reaches out by itself; messages in the language that the harness reads. */
const safe = `archive_mode = off
max_logical_replication_workers = 0
lc_messages = 'C'`

const required = [
  'pg_commit_ts',
  'pg_dynshmem',
  'pg_logical',
  'pg_logical/mappings',
  'pg_logical/snapshots',
  'pg_multixact',
  'pg_multixact/members',
  'pg_multixact/offsets',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_tblspc',
  'pg_twophase',
  'pg_wal',
  'pg_wal/archive_status',
  'pg_xact',
]

/** Keys and certificates lie beside `postgresql.conf`, by default as `server.key`. */
function isSecret(path: string): boolean {
  return /^[^/]+\.(?:key|crt|pem|crl|p12)$/.test(path)
}

function isLeftOut(path: string): boolean {
  return leftOut.some((name) => path === name || path.startsWith(`${name}/`))
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'))
}

function directory(path: string): DataFile {
  return { path, kind: 'directory', bytes: 0, localPath: undefined, content: () => once() }
}

function text(path: string, content: string): DataFile {
  const bytes = Buffer.from(content)
  return { path, kind: 'file', bytes: bytes.length, localPath: undefined, content: () => once(bytes) }
}

async function* once(...chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks
}
