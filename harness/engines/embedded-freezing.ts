import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HarnessError } from '../errors.ts'
import { bytes } from '../reports/text.ts'
import { directoryMode, serverPrefix } from '../runs/directory.ts'
import { freeBytes } from '../runs/free-bytes.ts'
import { callStorageHook, rememberStorageHook } from '../runs/storage-hook.ts'
import { canShareBlocks, copyTree } from './copy-tree.ts'
import { platform, type Binaries } from './embedded-binaries.ts'
import { removeCluster } from './embedded-cluster.ts'
import { serverUser, usableBin, type ServerUser } from './embedded-install.ts'
import { startPostmaster } from './embedded-postmaster.ts'
import { embeddedServer, type EmbeddedServer } from './embedded-server.ts'
import { startEmbedded } from './embedded-start.ts'
import { baseFile, embeddedShelf } from './embedded-shelf.ts'
import type {
  ClonedServer,
  CloneServerRequest,
  FreezableServer,
  Freezing,
  Frozen,
  ServerRequest,
} from './engine.ts'
import { cleanDigest, controlFile, neededLog, passwordName, requireUnaltered } from './frozen-data.ts'

/** Data directories on this machine; clones are copies of them, which share their blocks where the file system can. */
export function embeddedFreezing(choose: (request: ServerRequest) => Promise<Binaries>): Freezing {
  return {
    identity: async (request) => `embedded ${platform} ${(await choose(request)).version}`,

    async start(request: ServerRequest): Promise<FreezableServer> {
      const server = await startEmbedded(await choose(request), request)
      let frozen: Promise<Frozen> | undefined
      return {
        ...server,
        freeze: async () => await (frozen ??= freeze(server)),
        stop: async () => {
          if (frozen === undefined) await server.stop()
        },
      }
    },

    clone: async (frozen, request) => await cloneOf(await choose(request), frozen, request),

    discard: async ({ place }) => await removeCluster(join(place, '..')),

    shelf: embeddedShelf,
  }
}

async function freeze(server: EmbeddedServer): Promise<Frozen> {
  const { dataDirectory, password, storageHook } = server.cluster
  const needed = await neededLog(server.connection('postgres'))
  await server.halt()
  const controlDigest = cleanDigest(await readFile(join(dataDirectory, controlFile)))
  const log = join(dataDirectory, 'pg_wal')
  for (const name of await readdir(log)) {
    if (/^[0-9A-F]{24}$/.test(name) && (name < needed.first || name > needed.last))
      await rm(join(log, name), { force: true })
  }
  await writeFile(join(dataDirectory, passwordName), password, { mode: 0o600 })
  const frozen = { place: dataDirectory, controlDigest, bytes: await bytesBelow(dataDirectory) }
  return storageHook === undefined ? frozen : { ...frozen, storageHook }
}

async function cloneOf(
  binaries: Binaries,
  frozen: Frozen,
  request: CloneServerRequest,
): Promise<ClonedServer> {
  const directory = await mkdtemp(join(request.run.directory, serverPrefix))
  try {
    await chmod(directory, directoryMode)
    // Before anything is copied: what is in use is not pruned.
    await writeFile(join(directory, baseFile), frozen.place, { mode: 0o600 })
    const control = await readFile(join(frozen.place, controlFile)).catch(() => undefined)
    const password = await readFile(join(frozen.place, passwordName), 'utf8').catch(() => undefined)
    requireUnaltered(frozen, password === undefined ? undefined : control)
    const user = await serverUser()
    const dataDirectory = join(directory, 'data')
    const [bin, method] = await Promise.all([
      usableBin(binaries, user, directory),
      cloneData(frozen, dataDirectory, user),
    ])
    const { storageHook } = frozen
    const cluster = { directory, dataDirectory, bin, password: password ?? '', user, storageHook }
    const server = embeddedServer(cluster, await startPostmaster(cluster, request.run), request.run)
    return {
      server,
      method,
      // A shared block is copied when it is written, which costs a write about as much as any other.
      unshare: async () => {},
    }
  } catch (error) {
    await removeCluster(directory)
    throw error
  }
}

/** How the copy was made. */
async function cloneData(frozen: Frozen, dataDirectory: string, user: ServerUser): Promise<string> {
  const { place, storageHook } = frozen
  const directory = dirname(dataDirectory)
  if (storageHook === undefined) {
    const shared = await canShareBlocks(join(place, 'PG_VERSION'), directory)
    if (!shared) await requireRoom(directory, frozen)
    await copyTree(place, dataDirectory, user)
    return shared ? 'copies that share their blocks (reflink)' : 'copies of the data directory'
  }
  await rememberStorageHook(directory, storageHook)
  if (!(await callStorageHook(storageHook, 'clone', place, dataDirectory))) throw notCloned(place)
  await chmod(dataDirectory, 0o700)
  return 'clones by the storage hook'
}

function notCloned(place: string): HarnessError {
  return new HarnessError('storage-hook-failed', `The storage hook cannot clone what it made, ${place}.`, {
    hint: 'Let it clone every directory that it created, or leave out --storage-hook.',
  })
}

async function requireRoom(directory: string, frozen: Frozen): Promise<void> {
  const free = await freeBytes(directory)
  if (free > frozen.bytes * 1.1) return
  throw new HarnessError(
    'disk-too-small',
    `A clone takes ${bytes(frozen.bytes)} and ${directory} has ${bytes(free)} free.`,
    { hint: 'Free some space, or set TMPDIR to a directory on a larger disk.' },
  )
}

async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
