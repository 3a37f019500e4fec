import { randomBytes } from 'node:crypto'
import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { strangerAgeMs } from '../runs/leftover.ts'
import { isAlive, isOnThisHost, parseOwner, thisOwner } from '../runs/owner.ts'
import type { Owner } from '../runs/run.ts'
import { stateDirectory } from './state-directory.ts'

export interface Lock {
  /** Safe to call twice. */
  release(): Promise<void>
}

export interface LockOptions {
  readonly signal: AbortSignal
  /** Told once, when somebody else has it. */
  readonly onWait: (holder: Owner) => void
}

const pollMs = 100

/**
 * Waits until nobody else on this machine holds the lock of that name, and takes it. A holder that died holds nothing;
 * neither does one on another machine after two days. Throws the signal's reason when aborted.
 */
export async function takeLock(name: string, { signal, onWait }: LockOptions): Promise<Lock> {
  const directory = await stateDirectory('locks')
  await sweepTries(directory)
  const path = join(directory, `${name}.lock`)
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(own, JSON.stringify(thisOwner()), { mode: 0o600 })
  try {
    for (let waited = false; !(await linked(own, path)); waited = true) {
      const holder = await holderOf(path)
      if (holder === 'dead') await breakLock(path)
      else {
        if (!waited && holder !== undefined) onWait(holder)
        await sleep(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted())
      }
    }
  } finally {
    await rm(own, { force: true })
  }
  let released: Promise<void> | undefined
  return { release: async () => await (released ??= rm(path, { force: true })) }
}

/** Files of those who died while they were taking a lock. */
async function sweepTries(directory: string): Promise<void> {
  for (const file of await readdir(directory)) {
    const path = join(directory, file)
    if (!/\.lock\./.test(file)) continue
    // One that is being written has no owner yet.
    const owner = parseOwner(await readFile(path, 'utf8').catch(() => ''))
    if (owner !== undefined && !isAlive(owner)) await rm(path, { force: true })
  }
}

/** A link, unlike a new file, appears with its content. */
async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Undefined when it has just been released. */
async function holderOf(path: string): Promise<Owner | 'dead' | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const owner = parseOwner(text)
  if (owner === undefined) return 'dead'
  if (isOnThisHost(owner)) return isAlive(owner) ? owner : 'dead'
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }))
  return Date.now() - mtimeMs > strangerAgeMs ? 'dead' : owner
}

/** Another may have broken it already and be its new holder: then what was taken away is put back. */
async function breakLock(path: string): Promise<void> {
  const broken = `${path}.broken.${process.pid}.${randomBytes(4).toString('hex')}`
  await rename(path, broken).catch(() => {})
  if ((await holderOf(broken)) !== 'dead') await linked(broken, path).catch(() => false)
  await rm(broken, { force: true })
}
