import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataFile } from '../../engines/data-directory.ts'
import { HarnessError } from '../../errors.ts'
import { ByteReader } from '../archive/byte-reader.ts'
import type { BackupFile, Members } from '../backup-format.ts'
import { compressionOf, decompressed } from '../compression.ts'
import { extentContent, fileRanges, guarded } from '../content.ts'
import { tarEntries } from '../members/tar.ts'

/**
 * Every file and directory of a base backup, in the order in which it can be read: a data directory, the tar of one,
 * or `base.tar` with those of tablespaces and WAL beside it. Throws HarnessError where the backup is damaged.
 */
export async function* dataFiles(
  file: BackupFile,
  onRead: (chunk: Buffer) => void = () => {},
): AsyncGenerator<DataFile, void, undefined> {
  const members = membersOf(file)
  const tars = tarsOf(members)
  if (tars.length > 0) {
    for (const { name, folder } of tars)
      yield* filesOfTar(guarded(unpacked(members.open(name, onRead)), join(file.path, name)), '', folder)
    if (members.sizes.has(manifestName)) yield await small(members, manifestName)
  } else if (members.directory !== undefined) yield* filesOfDirectory(members.directory, '', onRead)
  else if (members.kind === 'directory') yield* filesOfMembers(members, onRead)
  else yield* filesOfTar(file.open(onRead), members.prefix, '')
}

export const manifestName = 'backup_manifest'

/** The files of a backup that lies in a directory or a tar, as base backups always do. */
export function membersOf({ members, path }: BackupFile): Members {
  if (members === undefined) throw new Error(`${path} has no files.`)
  return members
}

/** `base.tar` first, then tablespaces by their OIDs, WAL last. */
export function tarsOf({ sizes }: Members): { readonly name: string; readonly folder: string }[] {
  const found = [...sizes.keys()].flatMap((name) => {
    const [, stem] = /^(base|pg_wal|\d+)\.tar(?:\.\w+)?$/.exec(name) ?? []
    if (stem === undefined) return []
    const folder = stem === 'base' ? '' : stem === 'pg_wal' ? 'pg_wal/' : `pg_tblspc/${stem}/`
    return [{ name, folder }]
  })
  const rank = (folder: string): number =>
    ['', 'pg_tblspc/', 'pg_wal/'].findLastIndex((it) => folder.startsWith(it))
  return found.some(({ folder }) => folder === '')
    ? found.toSorted((one, other) => rank(one.folder) - rank(other.folder))
    : []
}

/** Undoes the compression of one of the tars. */
async function* unpacked(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const chunks = raw[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done === true) throw empty()
  const all = (async function* () {
    yield first.value
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value
  })()
  yield* decompressed(all, compressionOf(first.value))
}

async function* filesOfTar(
  content: AsyncIterable<Buffer>,
  prefix: string,
  folder: string,
): AsyncGenerator<DataFile, void, undefined> {
  const reader = new ByteReader(content)
  for await (const { name, kind, start, bytes } of tarEntries(reader)) {
    const path = name.replace(/^\.\//, '').replace(/\/$/, '')
    const own = prefix.replace(/^\.\//, '')
    if (!path.startsWith(own) || path === '' || path === '.') continue
    // What links to the outside is in a tar of its own.
    if (kind !== 'file' && kind !== 'directory') continue
    const content = async function* (): AsyncGenerator<Buffer> {
      const end = start + bytes
      while (reader.position < end) yield await reader.take(Math.min(end - reader.position, mostAtOnce))
    }
    yield { path: folder + path.slice(own.length), kind, bytes, localPath: undefined, content }
  }
  // A compressed file is checked to its last byte.
  await reader.drain()
}

const mostAtOnce = 256 * 1024

/** Links are followed where Postgres has them: from `pg_tblspc` to tablespaces, and from `pg_wal`. */
async function* filesOfDirectory(
  directory: string,
  prefix: string,
  onRead: (chunk: Buffer) => void,
): AsyncGenerator<DataFile, void, undefined> {
  const entries = await readdir(directory, { withFileTypes: true })
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = prefix + entry.name
    const localPath = entry.isSymbolicLink()
      ? await target(directory, entry.name, path)
      : join(directory, entry.name)
    const stats = await stat(localPath)
    if (stats.isDirectory()) {
      yield { path, kind: 'directory', bytes: 0, localPath, content: nothing }
      yield* filesOfDirectory(localPath, `${path}/`, onRead)
    } else if (stats.isFile()) {
      const content = () => extentContent(fileRanges(localPath, stats.size)).open(onRead)
      yield { path, kind: 'file', bytes: stats.size, localPath, content }
    }
  }
}

/** Of a store that knows no directories: those that were empty are not there. */
function* filesOfMembers({ sizes, open }: Members, onRead: (chunk: Buffer) => void): Generator<DataFile> {
  for (const [path, bytes] of [...sizes].toSorted(([one], [other]) => (one < other ? -1 : 1)))
    yield { path, kind: 'file', bytes, localPath: undefined, content: () => open(path, onRead) }
}

async function target(directory: string, name: string, path: string): Promise<string> {
  return await realpath(join(directory, name)).catch((cause: unknown) => {
    throw new HarnessError(
      'backup-incomplete',
      `${path} of the base backup leads to a place that is not here.`,
      {
        hint: 'Copy the tablespaces (and a separate WAL directory) along, or take the backup with `pg_basebackup -Ft`.',
        cause,
      },
    )
  })
}

async function small(members: Members, name: string): Promise<DataFile> {
  const content = (): AsyncIterable<Buffer> => members.open(name)
  return { path: name, kind: 'file', bytes: members.sizes.get(name) ?? 0, localPath: undefined, content }
}

async function* nothing(): AsyncGenerator<Buffer> {}

function empty(): HarnessError {
  return new HarnessError('backup-truncated', 'A tar of the base backup is empty.', {
    hint: 'Copy the backup again, in binary mode; take a new one if the original is empty too.',
  })
}
