import { createReadStream } from 'node:fs'
import { Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { HarnessError, messageOf } from '../errors.ts'
import type { BackupFile } from './backup-format.ts'

/** A file on disk as a backup; reads nothing yet. */
export function backupFile(path: string, bytes: number, compression: BackupFile['compression']): BackupFile {
  return {
    path,
    bytes,
    compression,
    open: (onRead) => Readable.from(content(path, compression, onRead), { objectMode: false }),
  }
}

/** The first bytes of the content, up to `length`. */
export async function headOf(file: BackupFile, length: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of file.open()) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= length) break
  }
  return Buffer.concat(chunks).subarray(0, length)
}

async function* content(
  path: string,
  compression: BackupFile['compression'],
  onRead: (chunk: Buffer) => void = () => {},
): AsyncGenerator<Buffer, void, undefined> {
  try {
    const raw = asRead(path, onRead)
    yield* compression === 'gzip' ? gunzipped(raw) : raw
  } catch (error) {
    throw readError(path, error)
  }
}

async function* asRead(
  path: string,
  onRead: (chunk: Buffer) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const stream: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: chunkBytes })
  for await (const chunk of stream) {
    onRead(chunk)
    yield chunk
  }
}

const chunkBytes = 256 * 1024

function gunzipped(raw: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  // An error reaches the reader through the stream that is returned.
  return pipeline(raw, createGunzip({ chunkSize: chunkBytes }), () => {})
}

/** What went wrong while reading, said so that the operator can act. */
export function readError(path: string, error: unknown): HarnessError {
  if (error instanceof HarnessError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'Z_BUF_ERROR') {
    return new HarnessError(
      'backup-truncated',
      `The gzip data of ${path} ends too early: the file is cut off.`,
      {
        hint: 'Copy the backup again, in binary mode, and compare its size with the original; take a new one if that is short too.',
        cause: error,
      },
    )
  }
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new HarnessError('backup-corrupt', `The gzip data of ${path} is damaged: ${messageOf(error)}.`, {
      hint: 'Copy the backup again in binary mode, or take a new one; `gzip -t FILE` checks it.',
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new HarnessError('backup-unreadable', `No permission to read the backup ${path}.`, {
      hint: 'Give this user read permission on the file, and search permission on its folders.',
      cause: error,
    })
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new HarnessError('backup-missing', `There is no backup at ${path}.`, {
      hint: 'Give the path of a pg_dump file: --backup PATH or REHEARSAL_BACKUP.',
      cause: error,
    })
  }
  return new HarnessError('backup-unreadable', `Cannot read the backup ${path}: ${messageOf(error)}.`, {
    hint: 'Check the disk or the mount it lies on, then copy the backup again.',
    cause: error,
  })
}
