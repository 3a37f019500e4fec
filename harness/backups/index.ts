import { access, constants, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { HarnessError } from '../errors.ts'
import type { BackupFormat, Members, OpenedBackup } from './backup-format.ts'
import { basebackup } from './basebackup.ts'
import { backupDirectory, backupFile, type Stored } from './backup-file.ts'
import { compressionOf } from './compression.ts'
import { decompressedContent, extentContent, fileRanges, headOf, partOf } from './content.ts'
import type { Content, Ranges } from './content.ts'
import { custom } from './custom.ts'
import { directory } from './directory.ts'
import { foreignContent } from './foreign.ts'
import { isReal, layoutOf } from './members/layout.ts'
import { directoryMembers, filesBelow, tarMembers } from './members/members.ts'
import { indexTar, isTar } from './members/tar.ts'
import { newestBackup } from './newest.ts'
import { plain } from './plain.ts'
import { readError } from './read-error.ts'
import { tar } from './tar.ts'

/** Every kind of backup, by name. Add one by registering it here; the first that recognises a file takes it. */
export const backupFormats = {
  custom,
  basebackup,
  directory,
  tar,
  plain,
} satisfies Record<string, BackupFormat>

/**
 * Finds out what a backup is by its content, never by its name, through any compression and tar around it. Throws
 * HarnessError for anything that cannot be restored: missing, empty, encrypted, packed in an unknown way, cut off,
 * or no backup at all. Of a directory of backups it is the newest. A packed directory that cannot be read in its order is unpacked below `scratch`.
 */
export async function openBackup(path: string, scratch: string = tmpdir()): Promise<OpenedBackup> {
  const absolute = resolve(path)
  const stats = await stat(absolute).catch((error: unknown) => {
    throw readError(absolute, error)
  })
  if (stats.isDirectory()) return await openDirectory(absolute, scratch, stats.mtime)
  if (!stats.isFile()) {
    throw new HarnessError('backup-unreadable', `${absolute} is not a file.`, {
      hint: 'Write the backup to a file first: it is read more than once.',
    })
  }
  await access(absolute, constants.R_OK).catch((error: unknown) => {
    throw readError(absolute, error)
  })
  return await openRanges(fileRanges(absolute, stats.size), { scratch, writtenAt: stats.mtime })
}

/** The same of one piece that need not be a file here; `writtenAt` is null where nothing tells when that was. */
export async function openRanges(
  from: Ranges,
  { scratch, writtenAt }: { scratch: string; writtenAt: Date | null },
): Promise<OpenedBackup> {
  return await unwrap(extentContent(from), { from, writtenAt, compression: 'none', scratch, depth: 0 })
}

/** The same of the files of one directory, which need not be on this machine. */
export function openMembers(path: string, members: Members, writtenAt: Date | null): OpenedBackup {
  const format = basebackup.recognises(Buffer.alloc(0), members) ? basebackup : directory
  return { file: backupDirectory(path, members, writtenAt), format }
}

interface Wrapping extends Stored {
  readonly scratch: string
  readonly depth: number
}

async function openDirectory(path: string, scratch: string, writtenAt: Date): Promise<OpenedBackup> {
  const names = [...(await filesBelow(path)).keys()].filter(isReal)
  const layout = layoutOf(names, path)
  if (
    (layout.kind !== 'dump' && layout.kind !== 'base') ||
    !names.every((name) => name.startsWith(layout.prefix))
  )
    return await newestBackup(path, async (each) => await openBackup(each, scratch))
  const members = await directoryMembers(resolve(path, layout.prefix))
  return openMembers(resolve(path, layout.prefix), members, writtenAt)
}

/** Takes off one wrapping after the other. */
async function unwrap(content: Content, wrapping: Wrapping): Promise<OpenedBackup> {
  const { path } = content
  const head = await headOf(content, headBytes)
  if (head.length === 0) throw empty(path)
  if (wrapping.depth > deepest) throw unknown(path, head)
  const inner = { ...wrapping, depth: wrapping.depth + 1 }
  const compression = compressionOf(head)
  if (compression !== 'none') {
    const outermost = wrapping.compression === 'none' ? compression : wrapping.compression
    return await unwrap(decompressedContent(content, compression), { ...inner, compression: outermost })
  }
  if (isTar(head)) return await unwrapTar(content, inner)
  const foreign = foreignContent(path, head)
  if (foreign !== undefined) throw foreign
  return found(content, wrapping, head)
}

async function unwrapTar(content: Content, wrapping: Wrapping): Promise<OpenedBackup> {
  const files = await indexTar(content)
  const layout = layoutOf(
    files.map(({ name }) => name),
    content.path,
  )
  if (layout.kind === 'several') throw several(content.path)
  if (layout.kind === 'dump' || layout.kind === 'base') {
    const members = tarMembers(content, files, layout.prefix, wrapping.scratch)
    return found(content, wrapping, Buffer.alloc(0), members)
  }
  const only = files.find(({ name }) => name === layout.name)
  if (only === undefined || only.bytes === 0) throw empty(content.path)
  return await unwrap(partOf(content, only.start, only.bytes), wrapping)
}

function found(content: Content, wrapping: Wrapping, head: Buffer, members?: Members): OpenedBackup {
  const format = Object.values<BackupFormat>(backupFormats).find((format) => format.recognises(head, members))
  if (format === undefined) throw unknown(content.path, head)
  return { file: backupFile(content, wrapping, members), format }
}

const headBytes = 64 * 1024
/** A dump in a tar in gzip in a tar: more than that is no backup but a trap. */
const deepest = 6

function empty(path: string): HarnessError {
  return new HarnessError('backup-empty', `${path} is empty.`, {
    hint: 'The backup job failed or is still running: look at its log, then take the backup again.',
  })
}

function several(path: string): HarnessError {
  return new HarnessError(
    'backup-unknown',
    `${path} holds several files, and they are not one directory-format dump: there is not one \`toc.dat\`.`,
    { hint: 'Give the one backup that is meant.' },
  )
}

function unknown(path: string, head: Buffer): HarnessError {
  const kind = head.includes(0) ? 'binary data' : 'text, but not SQL'
  return new HarnessError(
    'backup-unknown',
    `${path} is no Postgres backup that is known here: it is ${kind}.`,
    {
      hint: 'Give a backup made with pg_dump, in any of its formats, with pg_dumpall or with pg_basebackup.',
    },
  )
}
