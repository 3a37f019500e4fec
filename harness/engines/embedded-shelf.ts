import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { runsDirectory, serverPrefix } from '../runs/directory.ts'
import { freeBytes } from '../runs/free-bytes.ts'
import { isAlive, parseOwner, thisOwner } from '../runs/owner.ts'
import { rememberStorageHook, callStorageHook } from '../runs/storage-hook.ts'
import { copyTree } from './copy-tree.ts'
import { removeCluster } from './embedded-cluster.ts'
import { serverUser } from './embedded-install.ts'
import type { Frozen, Shelf, ShelvedSnapshot } from './engine.ts'

/** In the directory of a server that runs on a clone: where its data came from. */
export const baseFile = 'clone-of'

const dataName = 'data'
const recordName = 'snapshot.json'
const ownerName = 'owner.json'
/** How the names of directories begin that are being made, or removed. */
const passing = /^\.(new|gone)-/
/** And of those with what a storage hook keeps. */
const holding = '.held-'

/**
 * A directory a snapshot, named by its key, in `XDG_CACHE_HOME/pg-rehearsal/snapshots`. It is made under another name
 * and renamed when it is whole.
 */
export const embeddedShelf: Shelf = {
  async list(): Promise<ShelvedSnapshot[]> {
    const names = await readdir(shelfDirectory()).catch(() => [])
    const bases = await basesInUse()
    const found = await Promise.all(
      names
        .filter((name) => !passing.test(name) && !name.startsWith(holding))
        .map((name) => read(name, bases)),
    )
    return found.filter((snapshot) => snapshot !== undefined)
  },

  async freeBytes(): Promise<number | undefined> {
    try {
      await mkdir(shelfDirectory(), { recursive: true, mode: 0o700 })
      return await freeBytes(shelfDirectory())
    } catch {
      // Where nothing may be kept, as in a container whose files are read-only, a rehearsal without snapshots needs no room.
      return undefined
    }
  },

  async put({ key, frozen, record }): Promise<ShelvedSnapshot> {
    const target = join(shelfDirectory(), key)
    const making = await passingDirectory('new')
    const place = await shelve(frozen, { making, target })
    const shelved = { ...frozen, place }
    await writeFile(join(making, recordName), JSON.stringify({ frozen: shelved, record }), { mode: 0o600 })
    await rm(join(making, ownerName))
    try {
      await rename(making, target)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      await rm(making, { recursive: true, force: true })
      if (frozen.storageHook !== undefined) await removeCluster(dirname(place))
      const there = code === 'ENOTEMPTY' || code === 'EEXIST' ? await read(key, []) : undefined
      if (there === undefined) throw error
      return there
    }
    return { key, frozen: shelved, record, clones: 0 }
  },

  async remove({ key, frozen }: ShelvedSnapshot): Promise<void> {
    const leaving = await passingDirectory('gone')
    await rename(join(shelfDirectory(), key), join(leaving, key)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    if (frozen.storageHook !== undefined) await removeCluster(dirname(frozen.place))
    await rm(leaving, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  },
}

/** Removes what was being put on the shelf, or taken off it, by programs that are gone; a line for each. */
export async function sweepShelf(): Promise<string[]> {
  const names = await readdir(shelfDirectory()).catch(() => [])
  const lines: string[] = []
  for (const name of names.filter((it) => passing.test(it))) {
    const directory = join(shelfDirectory(), name)
    const owner = parseOwner(await readFile(join(directory, ownerName), 'utf8').catch(() => ''))
    // Without an owner it was on the point of being renamed.
    if (owner === undefined || isAlive(owner)) continue
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    lines.push(`Removed an unfinished snapshot: ${directory}`)
  }
  const kept = new Set((await embeddedShelf.list()).map(({ frozen }) => dirname(frozen.place)))
  for (const name of names.filter((it) => it.startsWith(holding))) {
    const directory = join(shelfDirectory(), name)
    const owner = parseOwner(await readFile(join(directory, ownerName), 'utf8').catch(() => ''))
    if (kept.has(directory) || owner === undefined || isAlive(owner)) continue
    await removeCluster(directory)
    lines.push(`Removed the data of an unfinished snapshot: ${directory}`)
  }
  return lines
}

function shelfDirectory(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(cache, 'pg-rehearsal', 'snapshots')
}

async function passingDirectory(kind: 'new' | 'gone'): Promise<string> {
  return await ownedDirectory(`.${kind}-`)
}

/** For data that a storage hook keeps. */
async function heldDirectory(): Promise<string> {
  return await ownedDirectory(holding)
}

async function ownedDirectory(prefix: string): Promise<string> {
  const directory = join(shelfDirectory(), `${prefix}${randomBytes(6).toString('hex')}`)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeFile(join(directory, ownerName), JSON.stringify(thisOwner()), { mode: 0o600 })
  return directory
}

async function read(key: string, bases: readonly string[]): Promise<ShelvedSnapshot | undefined> {
  try {
    const text = await readFile(join(shelfDirectory(), key, recordName), 'utf8')
    const { frozen, record } = JSON.parse(text) as { frozen: Frozen; record: string }
    return { key, frozen, record, clones: bases.filter((base) => base === frozen.place).length }
  } catch {
    return undefined
  }
}

/** What the clones that are there now came from. */
async function basesInUse(): Promise<string[]> {
  const runs = await runsDirectory()
  const bases: string[] = []
  for (const run of await readdir(runs)) {
    const servers = (await readdir(join(runs, run)).catch(() => [])).filter((it) =>
      it.startsWith(serverPrefix),
    )
    for (const server of servers) {
      const base = await readFile(join(runs, run, server, baseFile), 'utf8').catch(() => '')
      if (base !== '') bases.push(base)
    }
  }
  return bases
}

/**
 * Where the data lies from then on: on the shelf, or, made by a storage hook, in a directory of its own that is never
 * renamed, for some storage knows its volumes by their paths.
 */
async function shelve(
  { place, storageHook }: Frozen,
  { making, target }: { readonly making: string; readonly target: string },
): Promise<string> {
  if (storageHook === undefined) {
    await move(place, join(making, dataName))
    return join(target, dataName)
  }
  const held = await heldDirectory()
  await rememberStorageHook(held, storageHook)
  await callStorageHook(storageHook, 'freeze', place, join(held, dataName))
  await rm(dirname(place), { recursive: true, force: true })
  return join(held, dataName)
}

/** Another file system is copied to. What lies on the shelf is not for writing. */
async function move(source: string, target: string): Promise<void> {
  try {
    await rename(source, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    await copyTree(source, target, await serverUser())
  }
  await rm(dirname(source), { recursive: true, force: true })
  await chmod(target, 0o500)
}
