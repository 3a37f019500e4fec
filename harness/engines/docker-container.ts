import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import type { Container } from 'dockerode'
import type { ContainerRuntimeClient, StartedTestContainer, WaitStrategy } from 'testcontainers'
import { HarnessError } from '../errors.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Run } from '../runs/run.ts'
import { answerWithinMs, dockerClient, engineLink, engineWords, statusOf, within } from './docker-client.ts'
import type { DataDirectory } from './data-directory.ts'
import { fillContainer, waitingEntrypoint } from './docker-data.ts'
import { blockEgress } from './docker-egress.ts'
import type { Egress, ServerRequest } from './engine.ts'
import { labelsOf } from './docker-labels.ts'
import { publishing } from './docker-publish.ts'
import { lastLog, requireRunning, untilAnswering, whileRunning } from './docker-ready.ts'

/** On a container that may be kept until then, ISO 8601. */
export const expiresLabel = 'pg-rehearsal.expires'

/** Where the container finds the superuser's password; the environment would show it in `docker inspect`. */
export const passwordFile = '/etc/pg-rehearsal/password'

const createWithinMs = 60_000
const restartWithinMs = 90_000
/** Removing deletes the database's files as well. */
const removeWithinMs = 60_000
/** The engine's 64 MB are too little for parallel queries: docker-library/postgres#416. */
const sharedMemoryBytes = 512 * 1024 * 1024

export interface PostgresContainer {
  readonly name: string
  readonly handle: Container
  /** To database `postgres` as the superuser. */
  readonly connection: Connection
  /** `17.10`. */
  readonly version: string
  readonly egress: Egress
  /** Closes its network again, which is a new one after a restart. */
  readonly close: () => Promise<Egress>
}

/** Where the server's data is, when not in a volume that comes and goes with the container. */
export interface ContainerData {
  /** Volumes; the engine removes none while the container is there. */
  readonly mounts: readonly {
    readonly source: string
    readonly target: string
    readonly mode?: 'rw' | 'ro'
  }[]
  /** The superuser's password in data that is there already. */
  readonly password?: string
  readonly expiresAt?: Date | undefined
}

export interface ContainerOptions {
  /** Volumes to run on. */
  readonly data?: ContainerData
  /** Files to put into the container and run on. */
  readonly directory?: DataDirectory | undefined
  readonly settings?: ServerRequest['settings']
}

/**
 * Starts a container of an image that is there, on the data of `options` where there is any, and waits until Postgres
 * answers a query over TCP; from then on it reaches nothing by itself, where that can be had. Throws HarnessError
 * `docker-start-failed` with the last lines of the log, leaving no container behind.
 */
export async function startContainer(
  client: ContainerRuntimeClient,
  image: string,
  run: Run,
  { data, directory, settings = {} }: ContainerOptions = {},
): Promise<PostgresContainer> {
  const name = `pg-rehearsal-${run.id}-${randomBytes(3).toString('hex')}`
  const password = data?.password ?? randomBytes(24).toString('hex')
  const named = client.container.getById(name)
  const watching = new AbortController()
  try {
    const exited = whileRunning(named, watching.signal).then(() => {
      throw new Error('no longer watched')
    })
    const entrypoint =
      directory === undefined ? [] : await waitingEntrypoint(client.container.dockerode, image)
    const creating = publishing(
      async (address) =>
        await create(image, name, await labelsOf(client.container.dockerode, run), {
          password,
          data,
          entrypoint,
          settings,
          address,
        }),
      async () => await removeContainer(named),
    )
    const started = await Promise.race([creating, exited])
    const handle = client.container.getById(started.getId())
    if (directory !== undefined) await fillContainer(handle, directory, password)
    const address = await addressOf(client, handle)
    const connection = { ...address, user: 'postgres', password, database: 'postgres' }
    const { dockerode: docker } = client.container
    const labels = await labelsOf(docker, run)
    const close = async () => await blockEgress({ docker, container: handle, image, name, labels })
    const closing = close()
    // Its own container must be gone before anything else happens, however Postgres does.
    const version = await untilAnswering(handle, connection).finally(() => closing)
    return { name, handle, connection, version, egress: await closing, close }
  } catch (cause) {
    const log = await lastLog(named)
    await removeContainer(named).catch(() => {})
    if (directory !== undefined && cause instanceof HarnessError) throw cause
    throw new HarnessError(
      'docker-start-failed',
      [`Image ${image} did not become a running Postgres: ${engineWords(cause)}`, ...log].join('\n'),
      { hint: `Try \`docker run --rm -e POSTGRES_PASSWORD=x ${image}\`, or take another --image.`, cause },
    )
  } finally {
    watching.abort()
  }
}

/** Restarts Postgres with its container, which Docker may publish on another port; returns where it answers then. */
export async function restartContainer({
  handle,
  connection,
  egress,
  close,
}: PostgresContainer): Promise<Connection> {
  const client = await dockerClient()
  await handle.restart({ t: 60, abortSignal: AbortSignal.timeout(restartWithinMs) })
  const moved = { ...connection, ...(await addressOf(client, handle)) }
  try {
    const closing = close()
    await untilAnswering(handle, moved).finally(() => closing)
    const closed = await closing
    if (egress.blocked && !closed.blocked) throw new Error(`its network is open again: ${closed.why}`)
    return moved
  } catch (cause) {
    throw new Error(
      [`it did not come up again: ${engineWords(cause)}`, ...(await lastLog(handle))].join('\n'),
      {
        cause,
      },
    )
  }
}

/** Stops and removes the container and its anonymous volumes; false when it was gone already. */
export async function removeContainer(container: Container): Promise<boolean> {
  try {
    await container.remove({ force: true, v: true, abortSignal: AbortSignal.timeout(removeWithinMs) })
    return true
  } catch (error) {
    // 409: another program is removing it at this moment.
    if (statusOf(error) === 404 || statusOf(error) === 409) return false
    throw error
  }
}

/**
 * Testcontainers' reaper is left out: it would end a kept container with our process, it must be pulled first, and
 * some engines forbid it. The labels let `sweep` find what a killed program left.
 */
async function create(
  image: string,
  name: string,
  labels: Readonly<Record<string, string>>,
  { password, data, entrypoint, settings, address }: Creation,
): Promise<StartedTestContainer> {
  const { PublishedContainer } = await import('./docker-published-container.ts')
  const container = new PublishedContainer(image)
    .withName(name)
    .withLabels({
      ...labels,
      ...(data?.expiresAt && { [expiresLabel]: data.expiresAt.toISOString() }),
    })
    .withEnvironment({ POSTGRES_USER: 'postgres', POSTGRES_PASSWORD_FILE: passwordFile })
    .withCopyContentToContainer([{ content: password, target: passwordFile, mode: 0o444 }])
    .withSharedMemorySize(sharedMemoryBytes)
    .publish(5432, address)
    // A raw socket goes past the filter that keeps the container to itself (docker-egress.ts).
    .withDroppedCapabilities('NET_RAW')
    .withAutoCleanup(false)
    .withAutoRemove(false)
    .withWaitStrategy(noWait)
  if (data !== undefined) container.withBindMounts([...data.mounts])
  const flags = Object.entries(settings).flatMap(([setting, value]) => ['-c', `${setting}=${value}`])
  if (flags.length > 0) container.withCommand(['postgres', ...flags])
  if (entrypoint.length > 0) container.withEntrypoint(entrypoint)
  return await within(createWithinMs, container.start())
}

interface Creation {
  readonly password: string
  readonly data: ContainerData | undefined
  readonly entrypoint: string[]
  readonly settings: Readonly<Record<string, string>>
  /** Of the engine's machine; undefined: all. */
  readonly address: string | undefined
}

/**
 * Docker may publish a port under one number on IPv4 and under another on IPv6, where the first may be some other
 * container's; so the address has the family that its port belongs to, and is no name like `localhost`.
 */
async function addressOf(
  client: ContainerRuntimeClient,
  container: Container,
): Promise<{ host: string; port: number }> {
  const { NetworkSettings } = await container.inspect({ abortSignal: AbortSignal.timeout(answerWithinMs) })
  const bindings = NetworkSettings.Ports['5432/tcp'] ?? []
  const link = engineLink()
  if (link !== undefined && bindings[0] !== undefined) {
    const { host, port } = await link.forward(Number(bindings[0].HostPort))
    return { host, port }
  }
  const hosts = client.info.containerRuntime.hostIps.toSorted((one, other) => one.family - other.family)
  for (const { address, family } of hosts) {
    const binding = bindings.find(({ HostIp }) => HostIp === '' || isIP(HostIp) === family)
    if (binding !== undefined) return { host: address, port: Number(binding.HostPort) }
  }
  // One that has exited has no ports either.
  await requireRunning(container)
  throw new Error(`port 5432 was not published where ${client.info.containerRuntime.host} can be reached`)
}

/** Waiting is ours to do: Testcontainers removes a container that fails before its log can be read. */
const noWait: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => noWait,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => createWithinMs,
}
