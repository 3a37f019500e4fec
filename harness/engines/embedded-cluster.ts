import { randomBytes } from 'node:crypto'
import { appendFile, chmod, chown, mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { HarnessError } from '../errors.ts'
import type { ServerRequest } from './engine.ts'
import { directoryMode, serverPrefix } from '../runs/directory.ts'
import type { Run } from '../runs/run.ts'
import { callStorageHook, releaseStorage, rememberStorageHook } from '../runs/storage-hook.ts'
import { usableBin } from './embedded-install.ts'
import type { ServerUser } from './embedded-install.ts'
import type { Binaries } from './embedded-binaries.ts'

/** An initialised data directory; its superuser is `postgres`. */
export interface Cluster {
  /** Ours; holds the data directory, the log and, where one was needed, a copy of the programs. */
  readonly directory: string
  readonly dataDirectory: string
  readonly bin: string
  readonly password: string
  readonly user: ServerUser
  /** For the server's command line. */
  readonly settings?: ServerRequest['settings']
  /** The command that made the data directory and removes it. */
  readonly storageHook: string | undefined
}

/**
 * Makes a data directory inside the run's, with a random password. Throws HarnessError `embedded-initdb`.
 * There is no cache of initialised directories: initdb takes 0.45 s, and copying one and giving it a password of its
 * own 0.25 s, measured on 2 cores.
 */
export async function initialise(
  binaries: Binaries,
  user: ServerUser,
  { run, storageHook }: ClusterRequest,
): Promise<Cluster> {
  const cluster = await emptyCluster(binaries, user, { run, storageHook })
  return await removedOnFailure(cluster.directory, async () => {
    await initdb(cluster, binaries.major, run)
    await appendFile(join(cluster.dataDirectory, 'postgresql.conf'), await settings())
    return cluster
  })
}

export interface ClusterRequest {
  readonly run: Run
  readonly storageHook?: string | undefined
  /** A directory to start from, where the storage hook can clone it. */
  readonly source?: string | undefined
}

/** The same with nothing in its data directory yet, or with what the storage hook has cloned of the source. */
export async function emptyCluster(
  binaries: Binaries,
  user: ServerUser,
  { run, storageHook, source }: ClusterRequest,
): Promise<Cluster & { readonly cloned: boolean }> {
  const directory = await mkdtemp(join(run.directory, serverPrefix))
  return await removedOnFailure(directory, async () => {
    await chmod(directory, directoryMode)
    const bin = await usableBin(binaries, user, directory)
    const dataDirectory = join(directory, 'data')
    const password = randomBytes(16).toString('hex')
    const cloned = await makeData(dataDirectory, storageHook, source)
    await chmod(dataDirectory, 0o700)
    if (user !== undefined) await chown(dataDirectory, user.uid, user.gid)
    return { directory, dataDirectory, bin, password, user, storageHook, cloned }
  })
}

/** Whether it is a clone of the source. */
async function makeData(
  dataDirectory: string,
  storageHook: string | undefined,
  source: string | undefined,
): Promise<boolean> {
  if (storageHook === undefined) {
    await mkdir(dataDirectory)
    return false
  }
  await rememberStorageHook(dirname(dataDirectory), storageHook)
  if (source !== undefined && (await callStorageHook(storageHook, 'clone', source, dataDirectory)))
    return true
  await callStorageHook(storageHook, 'create', dataDirectory)
  return false
}

/** Does `work`, and removes the cluster's directory when it fails. */
export async function removedOnFailure<Result>(
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    await removeCluster(directory)
    throw error
  }
}

/** Removes the cluster's directory, its data by the command that made it. Harmless to repeat. */
export async function removeCluster(directory: string): Promise<void> {
  await releaseStorage(directory)
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

/** The environment of the server's programs: nothing of ours but what finds programs and temporary files. */
export function serverEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}

async function initdb(cluster: Cluster, major: number, run: Run): Promise<void> {
  const passwordFile = join(cluster.directory, 'password')
  await writeFile(passwordFile, cluster.password, { mode: 0o600 })
  if (cluster.user !== undefined) await chown(passwordFile, cluster.user.uid, cluster.user.gid)
  let failure = ''
  for (const locale of ['C.UTF-8', 'C']) {
    const child = execa(join(cluster.bin, 'initdb'), initdbArguments(cluster, passwordFile, major, locale), {
      ...cluster.user,
      cwd: cluster.directory,
      env: serverEnvironment(),
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      detached: true,
      reject: false,
    })
    if (child.pid !== undefined) run.track(child.pid)
    const result = await child
    if (child.pid !== undefined) run.untrack(child.pid)
    failure =
      result.exitCode === 0 ? '' : String(result.all).trim() || (result.shortMessage ?? 'it did not run')
    if (!failure.includes('invalid locale')) break
  }
  await rm(passwordFile, { force: true })
  if (failure !== '') throw initdbFailed(failure)
}

/** From 17 on the locale comes with Postgres itself and is the same on every machine. */
function initdbArguments(cluster: Cluster, passwordFile: string, major: number, locale: string): string[] {
  const builtin = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []
  return [
    `--pgdata=${cluster.dataDirectory}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    ...builtin,
    `--locale=${locale}`,
    '--lc-messages=C',
    '--no-sync',
    '--no-instructions',
  ]
}

/**
 * In the file rather than on the command line, so that ALTER SYSTEM can overrule them. No Unix socket: its path is
 * limited to 107 bytes, and TCP works everywhere.
 */
export async function settings(): Promise<string> {
  return `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 50
shared_buffers = 256MB
dynamic_shared_memory_type = ${await sharedMemoryType()}
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%a %d '
`
}

/** A container's /dev/shm often has 64 MB, too little for parallel queries; then files, in the data directory. */
async function sharedMemoryType(): Promise<'posix' | 'mmap'> {
  if (process.platform !== 'linux') return 'posix'
  const { bavail, bsize } = await statfs('/dev/shm').catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize >= 256 * 1024 * 1024 ? 'posix' : 'mmap'
}

function initdbFailed(output: string): HarnessError {
  const lines = output.split('\n').slice(-15).join('\n')
  const nameless = output.includes('could not look up effective user ID')
  return new HarnessError('embedded-initdb', `initdb failed:\n${lines}`, {
    hint: nameless
      ? 'Postgres wants its user to have a name: in a container mount an /etc/passwd that has this user, or leave out --user.'
      : 'Check that the temporary directory (TMPDIR) has room and may be written to, or use --engine docker.',
  })
}
