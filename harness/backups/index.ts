import { access, constants, open, readdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { HarnessError } from '../errors.ts'
import type { BackupFile, BackupFormat } from './backup-format.ts'
import { backupFile, headOf, readError } from './backup-file.ts'
import { custom } from './custom.ts'
import { foreignContent } from './foreign.ts'
import { plain } from './plain.ts'

/** Every kind of backup, by name. Add one by registering it here; the first that recognises a file takes it. */
export const backupFormats = { custom, plain } satisfies Record<string, BackupFormat>

/**
 * Finds out what a backup is by its content, never by its name. Throws HarnessError for anything that cannot be
 * restored: missing, empty, a directory, encrypted, compressed in an unknown way, cut off, or no backup at all.
 */
export async function openBackup(path: string): Promise<{ file: BackupFile; format: BackupFormat }> {
  const absolute = resolve(path)
  const bytes = await sizeOf(absolute)
  const raw = await rawHead(absolute)
  const gzipped = raw[0] === 0x1f && raw[1] === 0x8b
  const file = backupFile(absolute, bytes, gzipped ? 'gzip' : 'none')
  const head = gzipped ? await headOf(file, headBytes) : raw
  if (head.length === 0) throw empty(absolute)
  const foreign = foreignContent(absolute, head)
  if (foreign !== undefined) throw foreign
  const format = Object.values<BackupFormat>(backupFormats).find((format) => format.recognises(head))
  if (format === undefined) throw unknown(absolute, head)
  return { file, format }
}

const headBytes = 64 * 1024

async function sizeOf(path: string): Promise<number> {
  const stats = await stat(path).catch((error: unknown) => {
    throw readError(path, error)
  })
  if (stats.isDirectory()) throw await directory(path)
  if (!stats.isFile()) {
    throw new HarnessError('backup-unreadable', `${path} is not a file.`, {
      hint: 'Write the backup to a file first: it is read more than once.',
    })
  }
  if (stats.size === 0) throw empty(path)
  return stats.size
}

async function rawHead(path: string): Promise<Buffer> {
  try {
    await access(path, constants.R_OK)
    await using handle = await open(path)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    throw readError(path, error)
  }
}

async function directory(path: string): Promise<HarnessError> {
  const names = new Set(await readdir(path).catch(() => []))
  const has = (pattern: RegExp): boolean => [...names].some((name) => pattern.test(name))
  const kind = has(/^toc\.dat/)
    ? 'a directory-format dump (pg_dump -Fd)'
    : has(/^(?:PG_VERSION|backup_manifest|base\.tar)/)
      ? 'a physical base backup (pg_basebackup)'
      : 'a directory'
  return new HarnessError('backup-unsupported', `${path} is ${kind}, which is not supported yet.`, {
    hint: 'Give one file: a custom-format dump (`pg_dump -Fc`) or plain SQL, gzipped or not.',
  })
}

function empty(path: string): HarnessError {
  return new HarnessError('backup-empty', `${path} is empty.`, {
    hint: 'The backup job failed or is still running: look at its log, then take the backup again.',
  })
}

function unknown(path: string, head: Buffer): HarnessError {
  const kind = head.includes(0) ? 'binary data' : 'text, but not SQL'
  return new HarnessError(
    'backup-unknown',
    `${path} is no Postgres backup that is known here: it is ${kind}.`,
    {
      hint: 'Give a file made with pg_dump: custom format (`pg_dump -Fc`) or plain SQL, gzipped or not.',
    },
  )
}
