import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A fresh directory that other users may pass through, removed when `work` is done. */
export async function withTemporary<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
  await chmod(directory, 0o711)
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

/** The same, as the directory for temporary files of this process meanwhile. */
export async function withTmpdir<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  return await withTemporary(async (directory) => {
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = directory
    try {
      return await work(directory)
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
  })
}
