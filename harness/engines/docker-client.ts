import { access, constants, stat } from 'node:fs/promises'
import { globalAgent } from 'node:http'
import type Dockerode from 'dockerode'
import type { ContainerRuntimeClient } from 'testcontainers'
import { HarnessError, messageOf } from '../errors.ts'
import { findEndpoint, isRemote, type Endpoint } from './docker-endpoint.ts'
import { openLink, type Link } from './docker-link.ts'
import { throughSocket, withVariables } from './docker-relay.ts'

export { engineLost } from './docker-link.ts'

/** How long the engine may take to answer a question that costs it nothing. */
export const answerWithinMs = 5_000

/** The way to the engine when it is on another machine, once it is known. */
let opened: { readonly link: Link; readonly client: ContainerRuntimeClient } | undefined
let opening: Promise<ContainerRuntimeClient> | undefined

/**
 * The Docker engine that is in use, once it has answered: the one that DOCKER_HOST or a Docker context names, over TLS or
 * ssh where they say so, else what Testcontainers finds (~/.testcontainers.properties, the usual sockets). Throws
 * HarnessError `docker-unavailable`, or one that says what is wrong with the way there, within 5 s, or some 25 s when it is on
 * another machine that is slow.
 */
export async function dockerClient(): Promise<ContainerRuntimeClient> {
  if (opened !== undefined && !opened.link.lost()) return opened.client
  opening ??= findClient().finally(() => (opening = undefined))
  return await opening
}

/** The link to the engine; undefined when it is on this machine, or was not asked for yet. */
export function engineLink(): Link | undefined {
  return opened?.link
}

/** Waits until an engine on another machine has answered again or is lost; there is nothing to wait for with others. */
export async function confirmEngine(): Promise<void> {
  await opened?.link.confirm()
}

async function findClient(): Promise<ContainerRuntimeClient> {
  const endpoint = await findEndpoint()
  if (endpoint !== undefined && isRemote(endpoint)) return await remoteClient(endpoint)
  const { getContainerRuntimeClient } = await import('testcontainers')
  const named = endpoint?.variables['DOCKER_HOST'] ?? endpoint?.url.href
  const client = await answerOf(
    async () => await withVariables({ ...(named && { DOCKER_HOST: named }) }, getContainerRuntimeClient),
  ).catch(async (cause: unknown) => {
    await requireAllowed(endpoint?.url.protocol === 'unix:' ? endpoint.url.pathname : defaultSocket)
    throw unavailable(`No Docker engine answers${at(endpoint)}: ${engineWords(cause)}`, cause)
  })
  if (endpoint !== undefined) requireNamedEngine(client.container.dockerode, endpoint)
  return client
}

/** Testcontainers is shown the engine through a socket here, for a moment; from then on its client uses the link. */
async function remoteClient(endpoint: Endpoint): Promise<ContainerRuntimeClient> {
  const link = await openLink(endpoint)
  const client = opened?.client ?? (await within(20_000, throughSocket(link)))
  const { modem } = client.container.dockerode as { modem: { agent?: unknown } }
  modem.agent = link.agent
  opened = { link, client }
  return client
}

/** Asks the engine for a JSON document; undefined when it answers 404. Throws after `timeoutMs`. */
export async function askEngine(
  docker: Dockerode,
  path: string,
  timeoutMs: number = answerWithinMs,
): Promise<unknown> {
  const abortSignal = AbortSignal.timeout(timeoutMs)
  const statusCodes = { 200: true, 404: 'not found' }
  return await new Promise((resolve, reject) => {
    docker.modem.dial(
      { path, method: 'GET', statusCodes, abortSignal },
      (error: unknown, answer: unknown) => {
        if (error === null || error === undefined) resolve(answer)
        else if (statusOf(error) === 404) resolve(undefined)
        else reject(abortSignal.aborted ? new Error(noAnswer(timeoutMs)) : asError(error))
      },
    )
  })
}

/** Epoch milliseconds by the clock of the engine, which made the containers' dates and may be on another machine. */
export async function engineTime({ container }: ContainerRuntimeClient): Promise<number> {
  const info = (await askEngine(container.dockerode, '/info')) as { SystemTime?: string } | undefined
  const time = Date.parse(info?.SystemTime ?? '')
  return Number.isNaN(time) ? Date.now() : time
}

/** Waits no longer than `timeoutMs`, then calls `onLate` and throws; what is awaited goes on unheeded. */
export async function within<Result>(
  timeoutMs: number,
  awaited: Promise<Result>,
  onLate: () => void = () => {},
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(noAnswer(timeoutMs)))
      onLate()
    }, timeoutMs)
  })
  try {
    return await Promise.race([awaited, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The HTTP status of an answer that dockerode threw; undefined for anything else. */
export function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('statusCode' in thrown)) return undefined
  return typeof thrown.statusCode === 'number' ? thrown.statusCode : undefined
}

/** What the engine itself said, without dockerode's words around it; else the message of what was thrown. */
export function engineWords(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'json' in thrown) {
    const { json } = thrown
    const said = typeof json === 'object' && json !== null && 'message' in json ? json.message : undefined
    if (typeof said === 'string') return said.trim()
  }
  return messageOf(thrown).trim()
}

/**
 * Testcontainers asks one place after the other, without a time limit, and its sockets would hold the program open for
 * as long as a silent engine likes; so when the time is up those that it opens are closed until it has given up.
 */
async function answerOf<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const before = new Set(openSockets())
  const asked = ask()
  return await within(answerWithinMs, asked, () => {
    const closing = setInterval(() => {
      for (const socket of openSockets()) if (!before.has(socket)) socket.destroy()
    }, 20)
    void asked.catch(() => {}).finally(() => clearInterval(closing))
  })
}

function openSockets() {
  return Object.values(globalAgent.sockets).flatMap((sockets) => sockets ?? [])
}

/** When the socket that is named is silent, Testcontainers goes on to the default one without a word. */
function requireNamedEngine(docker: Dockerode, endpoint: Endpoint): void {
  const { socketPath } = docker.modem as { socketPath?: unknown }
  if (endpoint.url.protocol === 'unix:' && socketPath !== endpoint.url.pathname)
    throw unavailable(`No Docker engine answers${at(endpoint)}, but another one does`)
}

const defaultSocket = '/var/run/docker.sock'

/** Testcontainers does not say that the socket is there and not for this user. */
async function requireAllowed(socket: string): Promise<void> {
  const found = await stat(socket).catch(() => undefined)
  if (found?.isSocket() !== true) return
  const allowed = await access(socket, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  if (allowed) return
  throw new HarnessError('docker-unavailable', `${socket} is there, but this user may not use it.`, {
    hint: `Add the user to group ${found.gid}, or in a container say --group-add ${found.gid}; or use --engine embedded.`,
  })
}

function unavailable(message: string, cause?: unknown): HarnessError {
  return new HarnessError('docker-unavailable', message, {
    hint: 'Start Docker, set DOCKER_HOST to an engine that runs, or use --engine embedded.',
    cause,
  })
}

function at(endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? '' : ` at ${endpoint.name}`
}

function noAnswer(timeoutMs: number): string {
  return `no answer within ${timeoutMs / 1000} s`
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
