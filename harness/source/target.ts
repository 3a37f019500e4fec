import { lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { unfinished } from '../backups/members/layout.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { isAlive, isOnThisHost, parseOwner, thisOwner } from '../runs/owner.ts'

/** Where a backup is written, and how it gets its name. */
export interface Target {
  /** Does not exist yet; the dump goes here. */
  readonly directory: string
  /** Gives the whole directory its own name at once. Throws HarnessError `backup-exists`. */
  finish(): Promise<void>
  /** Removes what is not finished; safe to call at any time. */
  dispose(): Promise<void>
}

const ownerFile = 'owner.json'

/**
 * Opens `path` for a backup: written beside it under another name, so that nothing by the name of a backup is ever
 * half of one. Removes what killed backups left there. Throws HarnessError `backup-exists` when there is something.
 */
export async function openTarget(path: string): Promise<Target> {
  const parent = dirname(path)
  const partial = `${path}${unfinished}`
  try {
    await mkdir(parent, { recursive: true })
    await sweep(parent)
    await requireFree(path)
    await mkdir(partial, { mode: 0o700 })
    await writeFile(join(partial, ownerFile), JSON.stringify(thisOwner()), { mode: 0o600 })
  } catch (error) {
    if (error instanceof HarnessError) throw error
    throw notWritable(path, error)
  }
  const directory = join(partial, basename(path))
  return {
    directory,
    finish: async () => {
      await requireFree(path)
      await rename(directory, path)
      await sync(parent)
    },
    dispose: async () => await rm(partial, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  }
}

/** Makes the names in a directory survive a power failure. */
export async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function requireFree(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (found === undefined) return
  throw new HarnessError('backup-exists', `${path} is there already, and no backup is ever written over.`, {
    hint: 'Give another name, or none: then it is the database and the time.',
  })
}

/** Only what a dead process of this machine was writing. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.endsWith(unfinished)) continue
    const text = await readFile(join(parent, name, ownerFile), 'utf8').catch(() => '')
    const owner = parseOwner(text)
    if (owner === undefined || !isOnThisHost(owner) || isAlive(owner)) continue
    await rm(join(parent, name), { recursive: true, force: true })
  }
}

function notWritable(path: string, cause: unknown): HarnessError {
  const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
  const why = isThere ? 'another backup is being written there' : messageOf(cause)
  return new HarnessError('backup-not-writable', `The backup ${path} cannot be written: ${why}.`, {
    hint: isThere
      ? `Wait for it, or remove ${path}${unfinished} when nothing writes to it any more.`
      : 'Check the path and the permissions of its folder.',
    cause,
  })
}
