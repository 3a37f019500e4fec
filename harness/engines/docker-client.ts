import { globalAgent } from 'node:http'
import type Dockerode from 'dockerode'
import type { ContainerRuntimeClient } from 'testcontainers'
import { HarnessError, messageOf } from '../errors.ts'

/** How long the engine may take to answer a question that costs it nothing. */
export const answerWithinMs = 5_000

/**
 * The Docker engine that Testcontainers finds (DOCKER_HOST, ~/.testcontainers.properties, the usual sockets), once it
 * has answered. Throws HarnessError `docker-unavailable` within 5 s when none answers, or another than DOCKER_HOST names.
 */
export async function dockerClient(): Promise<ContainerRuntimeClient> {
  const { getContainerRuntimeClient } = await import('testcontainers')
  const client = await answerOf(getContainerRuntimeClient).catch((cause: unknown) => {
    throw unavailable(`No Docker engine answers${atDockerHost()}: ${engineWords(cause)}`, cause)
  })
  requireNamedEngine(client.container.dockerode)
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

/** When the socket that DOCKER_HOST names is silent, Testcontainers goes on to the default one without a word. */
function requireNamedEngine(docker: Dockerode): void {
  const named = process.env['DOCKER_HOST']
  if (named === undefined || named === '' || !URL.canParse(named)) return
  const { hostname, pathname } = new URL(named)
  const { host, socketPath } = docker.modem as { host?: unknown; socketPath?: unknown }
  if (hostname === '' ? socketPath === pathname : host === hostname) return
  throw unavailable(`No Docker engine answers${atDockerHost()}, but another one does`)
}

function unavailable(message: string, cause?: unknown): HarnessError {
  return new HarnessError('docker-unavailable', message, {
    hint: 'Start Docker, set DOCKER_HOST to an engine that runs, or use --engine embedded.',
    cause,
  })
}

function atDockerHost(): string {
  const named = process.env['DOCKER_HOST']
  return named === undefined || named === '' ? '' : ` at ${named} (DOCKER_HOST)`
}

function noAnswer(timeoutMs: number): string {
  return `no answer within ${timeoutMs / 1000} s`
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
