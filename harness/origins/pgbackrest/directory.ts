import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { takeLock } from '../../snapshots/lock.ts'
import type { OriginRequest } from '../origin.ts'

/**
 * Makes the directory that is kept from one rehearsal to the next ours, until our scratch directory is removed; waits
 * while it is another's. Throws the signal's reason when aborted.
 */
export async function holdDirectory(
  directory: string,
  { scratch, signal, onProgress }: Pick<OriginRequest, 'scratch' | 'signal' | 'onProgress'>,
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await mkdir(scratch, { recursive: true, mode: 0o700 })
  const name = `pgbackrest-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`
  for (;;) {
    const lock = await takeLock(name, { signal, onWait: () => {} })
    try {
      if (!(await isHeld(directory, scratch))) {
        await writeFile(join(directory, holder), scratch, { mode: 0o600 })
        return
      }
    } finally {
      await lock.release()
    }
    onProgress(`waiting for another rehearsal that uses ${directory}`)
    await sleep(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** Names the scratch directory of the run that uses it: whoever removes that, at its end or in a sweep, gives it back. */
const holder = 'in-use-by'

const pollMs = 500

async function isHeld(directory: string, own: string): Promise<boolean> {
  const by = await readFile(join(directory, holder), 'utf8').catch(() => '')
  if (by === '' || by === own) return false
  const there = await stat(by).then(
    () => true,
    () => false,
  )
  if (!there) await rm(join(directory, holder), { force: true })
  return there
}
