import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Duplex } from 'node:stream'
import { HarnessError, messageOf } from '../errors.ts'
import type { Endpoint } from './docker-endpoint.ts'
import { openForward, type Forward } from './docker-forward.ts'
import { sshDialer } from './docker-ssh.ts'
import { tcpDialer } from './docker-tcp.ts'

/** Opens connections to an engine on another machine, and to ports that it publishes there. */
export interface Dialer {
  engine(): Duplex
  port(port: number): Promise<Duplex>
  /** The address on the engine's machine on which a port must be published for `port` to reach it. */
  publishAddress(): string
  /** The address and the command that reach such a port when this program is gone. */
  lasting(port: number): { host: string; port: number; tunnel?: string }
  /** What an error of a connection means. */
  explain(error: unknown): { code?: string; why: string; hint: string } | undefined
  /** Resolves with a reason when no more connections can be opened. */
  readonly ended: Promise<string>
  close(): void
}

/** A connection to an engine on another machine that is watched for as long as the program runs. */
export interface Link {
  readonly endpoint: Endpoint
  /** For HTTP to the engine. */
  readonly agent: Agent
  readonly dialer: Dialer
  /** A port of this machine's loopback that leads to one that the engine published. */
  forward(port: number): Promise<Forward>
  /** The forward that is known under a port of this machine. */
  forwarded(localPort: number): Forward | undefined
  /** Resolves when the engine has answered again, or is lost. */
  confirm(): Promise<void>
  /** Why nothing can be had of it any more. */
  lost(): HarnessError | undefined
}

const firstAnswerWithinMs = 10_000
const answerWithinMs = 5_000
const beatEveryMs = 5_000
/** Longer than a network needs to find another way, and shorter than anybody would wait. */
const lostAfterMs = 20_000

let losing = new AbortController()

/** Aborted with a HarnessError `engine-lost` when the engine that is in use stops answering; for one rehearsal. */
export function engineLost(): AbortSignal {
  return losing.signal
}

/**
 * Reaches the engine and goes on asking whether it is there. When it does not answer for 20 s, every connection to it
 * is closed, every later one refused, and `engineLost` aborted: so nothing that waits for it waits longer. Throws
 * HarnessError `docker-unavailable`, `docker-certificates` or `docker-ssh`.
 */
export async function openLink(endpoint: Endpoint): Promise<Link> {
  const dialer = endpoint.url.protocol === 'ssh:' ? await sshDialer(endpoint) : await tcpDialer(endpoint)
  const open = new Set<Duplex>()
  let lost: HarnessError | undefined
  const hold = <Connection extends Duplex>(connection: Connection): Connection => {
    if (lost !== undefined) connection.destroy(lost)
    open.add(connection)
    connection.once('close', () => open.delete(connection))
    return connection
  }
  const agent = new LinkAgent(() => {
    if (lost !== undefined) throw lost
    return hold(dialer.engine())
  })
  const lose = (why: string) => {
    if (lost !== undefined) return
    lost = lostError(endpoint, why)
    for (const connection of open) connection.destroy(lost)
    agent.destroy()
    dialer.close()
    losing.abort(lost)
    losing = new AbortController()
  }
  try {
    await ping(agent, firstAnswerWithinMs)
  } catch (error) {
    agent.destroy()
    dialer.close()
    throw unreachable(endpoint, error, dialer)
  }
  const beat = watch(agent, () => lost !== undefined, lose)
  void watchDialer(dialer, lose)
  const forwards = new Map<number, Promise<Forward>>()
  const known = new Map<number, Forward>()
  return {
    endpoint,
    agent,
    dialer,
    confirm: beat,
    lost: () => lost,
    forward: async (port) => {
      const forward =
        forwards.get(port) ??
        openForward(
          async () => {
            if (lost !== undefined) throw lost
            return hold(await dialer.port(port))
          },
          port,
          dialer.lasting(port),
        )
      forwards.set(port, forward)
      const opened = await forward
      known.set(opened.port, opened)
      return opened
    },
    forwarded: (port) => known.get(port),
  }
}

/** Keeps connections for the next request: a new one takes several round trips, and over ssh a process. */
class LinkAgent extends Agent {
  readonly #dial: () => Duplex

  constructor(dial: () => Duplex) {
    super({ keepAlive: true, maxFreeSockets: 4 })
    this.#dial = dial
  }

  override createConnection(): Duplex {
    return this.#dial()
  }
}

async function watchDialer(dialer: Dialer, lose: (why: string) => void): Promise<void> {
  lose(await dialer.ended)
}

/** Asks every few seconds, without holding the program open. Returns what asks at once. */
function watch(agent: Agent, isLost: () => boolean, lose: (why: string) => void): () => Promise<void> {
  let answeredAt = performance.now()
  const beat = async (): Promise<void> => {
    while (!isLost()) {
      try {
        await ping(agent, answerWithinMs)
        answeredAt = performance.now()
        return
      } catch (error) {
        if (isLost()) return
        const silentMs = performance.now() - answeredAt
        if (silentMs > lostAfterMs)
          return lose(`for ${Math.round(silentMs / 1_000)} s it did not answer: ${messageOf(error)}`)
        await sleep(1_000, undefined, { ref: false })
      }
    }
  }
  const timer = setInterval(() => {
    if (isLost()) clearInterval(timer)
    else if (!beating) beating = beat().finally(() => (beating = undefined))
  }, beatEveryMs)
  timer.unref()
  let beating: Promise<void> | undefined
  return async () => await (beating ??= beat().finally(() => (beating = undefined)))
}

async function ping(agent: Agent, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const signal = AbortSignal.timeout(timeoutMs)
  const asking = request({ agent, path: '/_ping', headers: { Host: 'docker' }, signal }, (response) => {
    let said = ''
    response.on('data', (chunk: Buffer) => (said += chunk.toString()))
    response.on('error', reject)
    response.on('end', () => {
      if (response.statusCode === 200) resolve()
      else reject(new Error(said.trim() || `HTTP ${response.statusCode}`))
    })
  })
  asking.on('error', (error) => {
    reject(signal.aborted ? new Error(`no answer within ${timeoutMs / 1_000} s`) : error)
  })
  asking.end()
  await promise
}

function lostError(endpoint: Endpoint, why: string): HarnessError {
  const variables = Object.entries(endpoint.variables).map(([name, value]) => `${name}=${value} `)
  return new HarnessError('engine-lost', `The Docker engine at ${endpoint.name} was lost: ${why}.`, {
    hint: `Containers and volumes of this run, pg-rehearsal-…, may be left on it. Once it answers again, the next rehearsal on it from this machine removes them, or \`${variables.join('')}rehearse clean\` does.`,
  })
}

function unreachable(endpoint: Endpoint, error: unknown, dialer: Dialer): HarnessError {
  if (error instanceof HarnessError) return error
  const explained = dialer.explain(error)
  const why = explained?.why ?? messageOf(error)
  return new HarnessError(
    explained?.code ?? 'docker-unavailable',
    `No Docker engine answers at ${endpoint.name}: ${why}`,
    {
      hint:
        explained?.hint ??
        'Start Docker there, set DOCKER_HOST to an engine that runs, or use --engine embedded.',
      cause: error,
    },
  )
}
