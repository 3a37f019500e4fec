import { createHash } from 'node:crypto'
import type { BackupFile } from '../backup-format.ts'
import { dataFiles, manifestName, membersOf, tarsOf } from './data-files.ts'
import { ManifestCheck, readManifest } from './manifest.ts'
import type { Manifest } from './manifest.ts'

/** What reading every file of a base backup once has shown. */
export interface Survey {
  /** The few files that say what the rest is, by their paths. */
  readonly read: ReadonlyMap<string, Buffer>
  /** Names of the WAL files. */
  readonly walFiles: ReadonlySet<string>
  /** OIDs. */
  readonly tablespaces: readonly string[]
  readonly manifest: Manifest | undefined
  /** Of all paths, sizes and contents. */
  readonly sha256: string
}

/**
 * Reads a base backup to its end and compares it with its manifest, where it has one. Throws HarnessError
 * `backup-corrupt` or `backup-truncated` when it is damaged, `backup-incomplete` when files are missing.
 */
export async function survey(file: BackupFile): Promise<Survey> {
  const manifest = await manifestOf(file)
  const check = manifest && new ManifestCheck(manifest)
  const read = new Map<string, Buffer>()
  const walFiles = new Set<string>()
  const tablespaces = new Set<string>()
  const digest = createHash('sha256')
  for await (const { path, kind, bytes, content } of dataFiles(file)) {
    const tablespace = /^pg_tblspc\/(\d+)\//.exec(path)?.[1]
    if (tablespace !== undefined) tablespaces.add(tablespace)
    if (kind === 'directory') continue
    const wal = /^pg_wal\/([0-9A-F]{24})$/.exec(path)?.[1]
    if (wal !== undefined) walFiles.add(wal)
    digest.update(`${path}\0${bytes}\0`)
    const checking = check?.begin(path, bytes)
    const kept: Buffer[] = []
    for await (const chunk of content()) {
      digest.update(chunk)
      checking?.update(chunk)
      if (telling.has(path)) kept.push(Buffer.from(chunk))
    }
    checking?.end()
    if (telling.has(path)) read.set(path, Buffer.concat(kept))
  }
  check?.end()
  return { read, walFiles, tablespaces: [...tablespaces], manifest, sha256: digest.digest('hex') }
}

/** The content of one file of the data directory; undefined when it is not there. Reads no further than to it. */
export async function contentOf(file: BackupFile, wanted: string): Promise<Buffer | undefined> {
  for await (const { path, content } of dataFiles(file))
    if (path === wanted) return Buffer.concat(await Array.fromAsync(content()))
  return undefined
}

/** Paths of the few files that say what the rest is. */
export const tellingFiles = [
  'PG_VERSION',
  'backup_label',
  'tablespace_map',
  'global/pg_control',
  'postgresql.conf',
  'postgresql.auto.conf',
] as const

const telling = new Set<string>(tellingFiles)

async function manifestOf(file: BackupFile): Promise<Manifest | undefined> {
  const members = membersOf(file)
  if (!members.sizes.has(manifestName)) return undefined
  const isTars = tarsOf(members).length > 0
  // A cluster that was once made of a base backup keeps the manifest of that, when it is shut down and copied.
  if (!isTars && !members.sizes.has('backup_label')) return undefined
  const isBeside = isTars || members.kind === 'directory'
  const bytes = isBeside
    ? Buffer.concat(await Array.fromAsync(members.open(manifestName)))
    : await contentOf(file, manifestName)
  if (bytes === undefined) throw new Error(`${manifestName} is listed and not there.`)
  return readManifest(bytes)
}
