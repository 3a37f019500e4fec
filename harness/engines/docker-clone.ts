import { randomBytes } from 'node:crypto'
import type { Container } from 'dockerode'
import type { ContainerRuntimeClient } from 'testcontainers'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { makeDirectories, readFromContainer, type ArchivedFile } from './docker-archive.ts'
import { answerWithinMs, engineTime, engineWords } from './docker-client.ts'
import { removeContainer, startContainer } from './docker-container.ts'
import type { PostgresContainer } from './docker-container.ts'
import { execInContainer } from './docker-exec.ts'
import { imageFor, inspectImage } from './docker-image.ts'
import { labelsOf } from './docker-labels.ts'
import { dockerServer } from './docker-server.ts'
import { createVolume, findVolume, removeVolume, type Volume } from './docker-volumes.ts'
import type { ClonedServer, CloneServerRequest, Frozen } from './engine.ts'
import { controlFile, passwordName, requireUnaltered } from './frozen-data.ts'

/** Where a helper container sees the frozen data, and the volume that the clone writes to. */
const basePath = '/pg-rehearsal/base'
const upperPath = '/pg-rehearsal/upper'

const copyWithinMs = 30 * 60_000

/** The disk is waited for with each file, and several waits cost little more than one. */
const copyUpsAtOnce = 8

/** Engines that refused an overlay volume once; they are not asked again. */
const withoutOverlays = new WeakSet<ContainerRuntimeClient>()

/** How a clone comes to its data. */
type Method = 'overlay' | 'copy'

/**
 * A server of its own on a clone of frozen data: a volume that lays an empty directory over it, so that nothing is
 * copied but what is opened for writing; where the engine refuses such volumes, or `method` says so, a copy on the
 * engine's machine.
 */
export async function cloneOf(
  client: ContainerRuntimeClient,
  frozen: Frozen,
  request: CloneServerRequest,
  method: Method = 'overlay',
): Promise<ClonedServer> {
  if (method === 'copy' || withoutOverlays.has(client)) return await startOn(client, frozen, request, 'copy')
  try {
    return await startOn(client, frozen, request, 'overlay')
  } catch (error) {
    if (!isMountRefusal(error)) throw error
    withoutOverlays.add(client)
    return await startOn(client, frozen, request, 'copy')
  }
}

async function startOn(
  client: ContainerRuntimeClient,
  frozen: Frozen,
  request: CloneServerRequest,
  method: Method,
): Promise<ClonedServer> {
  const image = imageFor(request)
  const volumes: string[] = []
  const removeVolumes = async () => {
    for (const name of volumes.toReversed()) await removeVolume(client, name)
  }
  try {
    const [base, upper, { dataDirectory }] = await Promise.all([
      findVolume(client, frozen.place),
      createVolume(client, {
        role: method === 'overlay' ? 'upper' : 'clone',
        run: request.run,
        base: frozen.place,
      }).then((volume) => {
        volumes.push(volume.name)
        return volume
      }),
      inspectImage(client, image),
    ])
    if (base === undefined) requireUnaltered(frozen, undefined)
    const password = await prepare(client, frozen, { image, upper, method, request })
    const data = method === 'copy' || base === undefined ? upper : await overlay(client, base, upper, request)
    if (data !== upper) volumes.push(data.name)
    // The engine knows nothing of an overlay's layers: only a container that has them keeps them from `volume prune`.
    const layers = [
      { source: frozen.place, target: basePath, mode: 'ro' as const },
      { source: upper.name, target: upperPath, mode: 'ro' as const },
    ]
    const mounts = [...(data === upper ? [] : layers), { source: data.name, target: dataDirectory }]
    const container = await startContainer(client, image, request.run, {
      data: { mounts, password, expiresAt: await byEngineClock(client, request.expiresAt) },
    })
    return {
      server: dockerServer(image, container, removeVolumes),
      method: methodWords[method],
      unshare: async (database) => {
        if (method === 'overlay') await copyUp(container, dataDirectory, database)
      },
    }
  } catch (error) {
    await removeVolumes().catch(() => {})
    throw error
  }
}

const methodWords = {
  overlay: 'overlay volumes on the snapshot, nothing copied',
  copy: 'copies of the snapshot on the Docker host, which has no overlay volumes',
} as const satisfies Record<Method, string>

/**
 * Checks the frozen data, prepares the volume that the clone writes to and returns the superuser's password. A
 * container that never runs is enough to read and write a little: the engine mounts its volumes for that.
 */
async function prepare(
  client: ContainerRuntimeClient,
  frozen: Frozen,
  {
    image,
    upper,
    method,
    request: { run },
  }: { image: string; upper: Volume; method: Method; request: CloneServerRequest },
): Promise<string> {
  const script = `cp -a --reflink=auto ${basePath}/. ${upperPath} 2>/dev/null || cp -a ${basePath}/. ${upperPath}`
  const helper = await client.container.dockerode.createContainer({
    name: `pg-rehearsal-${run.id}-${randomBytes(3).toString('hex')}`,
    Image: image,
    User: 'root',
    Entrypoint: ['sh', '-c', script],
    Labels: await labelsOf(client.container.dockerode, run),
    HostConfig: {
      NetworkMode: 'none',
      Mounts: [mount(frozen.place, basePath, true), mount(upper.name, upperPath, false)],
    },
    abortSignal: AbortSignal.timeout(answerWithinMs),
  })
  try {
    const [control, password] = await Promise.all([
      readFromContainer(helper, `${basePath}/${controlFile}`).catch(() => undefined),
      readFromContainer(helper, `${basePath}/${passwordName}`).catch(() => undefined),
    ])
    requireUnaltered(frozen, password && control?.content)
    if (method === 'copy') await copy(helper)
    else await makeDirectories(helper, upperPath, ['upper', 'work'], control as ArchivedFile)
    return password?.content.toString() ?? ''
  } finally {
    await removeContainer(helper)
  }
}

async function copy(helper: Container): Promise<void> {
  await helper.start({ abortSignal: AbortSignal.timeout(answerWithinMs) })
  const { StatusCode } = await helper.wait({ abortSignal: AbortSignal.timeout(copyWithinMs) })
  if (StatusCode === 0) return
  throw new HarnessError('clone-failed', `The snapshot could not be copied (exit code ${StatusCode}).`, {
    hint: 'The Docker host may be out of disk: `docker system df`. Free some space and run it again.',
  })
}

/** Whoever sweeps compares it with the engine's clock, the only one that all who use the engine share. */
async function byEngineClock(
  client: ContainerRuntimeClient,
  time: Date | undefined,
): Promise<Date | undefined> {
  return time && new Date(time.getTime() + (await engineTime(client)) - Date.now())
}

/** All paths are those of the engine's machine. */
async function overlay(
  client: ContainerRuntimeClient,
  base: Volume,
  upper: Volume,
  { run, purpose }: CloneServerRequest,
): Promise<Volume> {
  const layers = [
    `lowerdir=${base.mountpoint}`,
    `upperdir=${upper.mountpoint}/upper`,
    `workdir=${upper.mountpoint}/work`,
  ]
  return await createVolume(client, {
    role: 'clone',
    run,
    base: base.name,
    labels: { 'pg-rehearsal.purpose': purpose },
    driverOptions: { type: 'overlay', device: 'overlay', o: layers.join(',') },
  })
}

/**
 * Opens every file of a database for writing, upon which the overlay copies it as a whole (a reflink where the host's
 * file system can). Postgres opens what it reads in the same way, so that a first SELECT would pay as well.
 */
async function copyUp(
  { handle, connection }: PostgresContainer,
  directory: string,
  database: string,
): Promise<void> {
  const oid = await withClient(connection, async (client) => {
    const sql = 'select oid from pg_catalog.pg_database where datname = $1'
    return (await client.query<{ oid: string }>(sql, [database])).rows[0]?.oid
  })
  const script = `
    cd "$0/base/$1" || exit
    for part in ${Array.from({ length: copyUpsAtOnce }, (_, part) => part).join(' ')}; do
      (
        at=0
        for file in *; do
          at=$((at + 1))
          [ $((at % ${copyUpsAtOnce})) -ne $part ] || : >> "$file" || exit
        done
      ) & jobs="$jobs $!"
    done
    for job in $jobs; do wait "$job" || exit; done`
  const { exitCode, stderr } = await execInContainer(handle, {
    argv: ['sh', '-c', script, directory, oid ?? ''],
  })
  if (exitCode === 0) return
  throw new HarnessError('clone-failed', `The clone's files could not be made its own: ${stderr.trim()}`, {
    hint: 'The Docker host may be out of disk: `docker system df`. Free some space and run it again.',
  })
}

function mount(source: string, target: string, readOnly: boolean) {
  const volumeOptions = { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } }
  return {
    Type: 'volume' as const,
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    VolumeOptions: volumeOptions,
  }
}

/** In the engine's words: `error while mounting volume '…': failed to mount local volume: mount overlay:…`. */
function isMountRefusal(error: unknown): boolean {
  return /mount/i.test(engineWords(error)) && /overlay|volume/i.test(engineWords(error))
}
