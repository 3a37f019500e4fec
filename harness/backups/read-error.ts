import { HarnessError, messageOf } from '../errors.ts'

/** What went wrong while reading, said so that the operator can act. */
export function readError(path: string, error: unknown): HarnessError {
  if (error instanceof HarnessError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'Z_BUF_ERROR') {
    return new HarnessError(
      'backup-truncated',
      `The compressed data of ${path} ends too early: the file is cut off.`,
      {
        hint: 'Copy the backup again, in binary mode, and compare its size with the original; take a new one if that is short too.',
        cause: error,
      },
    )
  }
  if (typeof code === 'string' && /^(?:Z_|ZSTD_)/.test(code)) {
    return new HarnessError(
      'backup-corrupt',
      `The compressed data of ${path} is damaged: ${messageOf(error)}.`,
      {
        hint: 'Copy the backup again in binary mode, or take a new one; `gzip -t FILE` or `zstd -t FILE` checks it.',
        cause: error,
      },
    )
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
