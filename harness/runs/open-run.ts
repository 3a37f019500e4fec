import { randomInt } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  directoryMode,
  keptFile,
  ownerFile,
  processesFile,
  runsDirectory,
  serverPrefix,
} from './directory.ts'
import { thisOwner } from './owner.ts'
import { processOf } from './processes.ts'
import type { Run } from './run.ts'
import { releaseStorage } from './storage-hook.ts'

/**
 * Opens a run: its directory appears at once with the owner's name in it, so that whatever happens next a
 * later sweep knows whose it is. As root the directory lets others through to what they are told of by name;
 * give files that hold a secret mode 0600.
 */
export async function openRun(): Promise<Run> {
  const id = newId()
  const runs = await runsDirectory()
  const directory = join(runs, id)
  const unnamed = `${directory}.new`
  await mkdir(unnamed, { mode: directoryMode })
  await writeFile(join(unnamed, ownerFile), JSON.stringify(thisOwner()), { mode: 0o600 })
  await rename(unnamed, directory)
  const processes = new Map<number, string>()
  let kept = false
  return {
    id,
    directory,
    owner: thisOwner(),
    track: (pid) => {
      const startedAt = processOf(pid)?.startedAt
      if (startedAt === undefined) return
      processes.set(pid, startedAt)
      save(directory, processes)
    },
    untrack: (pid) => {
      if (!processes.delete(pid)) return
      try {
        save(directory, processes)
      } catch {
        // On a full disk the record stays: it names a process that is gone, which no sweep mistakes for another.
      }
    },
    keep: (expiresAt) => {
      kept = true
      const until = expiresAt?.toISOString() ?? ''
      // What was kept for a time stays so, whoever else marks it.
      writeFileSync(join(directory, keptFile), until, { mode: 0o600, flag: until === '' ? 'a' : 'w' })
    },
    dispose: async () => {
      if (kept) return
      for (const name of await readdir(directory).catch(() => []))
        if (name.startsWith(serverPrefix)) await releaseStorage(join(directory, name))
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    },
  }
}

/** Random, so that nobody can guess the path of a run. */
function newId(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'
  return `r${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join('')}`
}

/** Synchronous, so that no moment lies between a child's birth and its being on record; renamed, so that a sweep never reads half. */
function save(directory: string, processes: ReadonlyMap<number, string>): void {
  const path = join(directory, processesFile)
  const list = Array.from(processes, ([pid, startedAt]) => ({ pid, startedAt }))
  try {
    writeFileSync(`${path}.new`, JSON.stringify(list), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  } catch (error) {
    // A child may end after the run was disposed of; then there is nothing to record any more.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
