import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import type { Container } from 'dockerode'
import type { ContainerRuntimeClient, StartedTestContainer, WaitStrategy } from 'testcontainers'
import { HarnessError } from '../errors.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Run } from '../runs/run.ts'
import { answerWithinMs, engineWords, statusOf, within } from './docker-client.ts'
import { blockEgress } from './docker-egress.ts'
import type { Egress } from './engine.ts'
import { lastLog, untilAnswering, whileRunning } from './docker-ready.ts'

/** On every container of ours: the run's id, and its owner as JSON. */
export const runLabel = 'pg-rehearsal.run'
export const ownerLabel = 'pg-rehearsal.owner'

/** Where the container finds the superuser's password; the environment would show it in `docker inspect`. */
export const passwordFile = '/etc/pg-rehearsal/password'

const createWithinMs = 60_000
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
}

/**
 * Starts a container of an image that is there and waits until Postgres answers a query over TCP; from then on
 * it reaches nothing by itself, where that can be had. Throws HarnessError
 * `docker-start-failed` with the last lines of the log, leaving no container behind.
 */
export async function startContainer(
  client: ContainerRuntimeClient,
  image: string,
  run: Run,
): Promise<PostgresContainer> {
  const name = `pg-rehearsal-${run.id}-${randomBytes(3).toString('hex')}`
  const password = randomBytes(24).toString('hex')
  const named = client.container.getById(name)
  const watching = new AbortController()
  try {
    const exited = whileRunning(named, watching.signal).then(() => {
      throw new Error('no longer watched')
    })
    const started = await Promise.race([create(image, name, run, password), exited])
    const handle = client.container.getById(started.getId())
    const address = await addressOf(client, handle)
    const connection = { ...address, user: 'postgres', password, database: 'postgres' }
    const labels = labelsOf(run)
    const closing = blockEgress({
      docker: client.container.dockerode,
      container: handle,
      image,
      name,
      labels,
    })
    // Its own container must be gone before anything else happens, however Postgres does.
    const version = await untilAnswering(handle, connection).finally(() => closing)
    const egress = await closing
    return { name, handle, connection, version, egress }
  } catch (cause) {
    const log = await lastLog(named)
    await removeContainer(named).catch(() => {})
    throw new HarnessError(
      'docker-start-failed',
      [`Image ${image} did not become a running Postgres: ${engineWords(cause)}`, ...log].join('\n'),
      { hint: `Try \`docker run --rm -e POSTGRES_PASSWORD=x ${image}\`, or take another --image.`, cause },
    )
  } finally {
    watching.abort()
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
  run: Run,
  password: string,
): Promise<StartedTestContainer> {
  const { GenericContainer } = await import('testcontainers')
  const container = new GenericContainer(image)
    .withName(name)
    .withLabels(labelsOf(run))
    .withEnvironment({ POSTGRES_USER: 'postgres', POSTGRES_PASSWORD_FILE: passwordFile })
    .withCopyContentToContainer([{ content: password, target: passwordFile, mode: 0o444 }])
    .withSharedMemorySize(sharedMemoryBytes)
    .withExposedPorts(5432)
    // A raw socket goes past the filter that keeps the container to itself (docker-egress.ts).
    .withDroppedCapabilities('NET_RAW')
    .withAutoCleanup(false)
    .withAutoRemove(false)
    .withWaitStrategy(noWait)
  return await within(createWithinMs, container.start())
}

function labelsOf(run: Run): Record<string, string> {
  return { [runLabel]: run.id, [ownerLabel]: JSON.stringify(run.owner) }
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
  const hosts = client.info.containerRuntime.hostIps.toSorted((one, other) => one.family - other.family)
  for (const { address, family } of hosts) {
    const binding = bindings.find(({ HostIp }) => HostIp === '' || isIP(HostIp) === family)
    if (binding !== undefined) return { host: address, port: Number(binding.HostPort) }
  }
  throw new Error(`port 5432 was not published where ${client.info.containerRuntime.host} can be reached`)
}

/** Waiting is ours to do: Testcontainers removes a container that fails before its log can be read. */
const noWait: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => noWait,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => createWithinMs,
}
