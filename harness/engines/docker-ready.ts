import { setTimeout as sleep } from 'node:timers/promises'
import type { Container } from 'dockerode'
import { connect } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { answerWithinMs, statusOf } from './docker-client.ts'
import { readFrames } from './docker-frames.ts'

/** initdb alone takes a second or two, and a good deal longer on a slow disk. */
const readyWithinMs = 90_000
/** Behind a port that Docker forwards, a connection may be accepted and then hear nothing. */
const attemptWithinMs = 5_000

/**
 * Waits until the server answers a query over TCP, and returns its version (`17.10`). The image's first server, the
 * one that runs its init scripts, listens on no port, so an answer is the real one's. Throws when the container exits,
 * or after 90 s.
 */
export async function untilAnswering(container: Container, connection: Connection): Promise<string> {
  const deadline = Date.now() + readyWithinMs
  for (;;) {
    try {
      return await askVersion(connection)
    } catch (error) {
      await requireRunning(container)
      if (Date.now() > deadline)
        throw new Error(`no answer within ${readyWithinMs / 1000} s`, { cause: error })
      await sleep(50)
    }
  }
}

/** Throws as soon as the container has exited; resolves once `signal` is aborted. */
export async function whileRunning(container: Container, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await requireRunning(container)
    await sleep(200, undefined, { signal }).catch(() => {})
  }
}

/** The last 20 lines that the container wrote; none when they cannot be had. */
export async function lastLog(container: Container): Promise<string[]> {
  try {
    const abortSignal = AbortSignal.timeout(answerWithinMs)
    const framed = await container.logs({ stdout: true, stderr: true, follow: false, tail: 20, abortSignal })
    const contents: Buffer[] = []
    readFrames((_, content) => void contents.push(content))(framed)
    const text = Buffer.concat(contents).toString().trim()
    return text === '' ? [] : text.split('\n')
  } catch {
    return []
  }
}

async function askVersion(connection: Connection): Promise<string> {
  const client = await connect(connection, attemptWithinMs)
  // A session that is never answered would keep the whole program from ending.
  const unanswered = setTimeout(() => client.connection.stream.destroy(), attemptWithinMs)
  try {
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    // Packagers append their own: `17.10 (Debian 17.10-1.pgdg13+1)`.
    return (rows[0]?.server_version ?? '').split(' ', 1)[0] ?? ''
  } finally {
    await client.end().catch(() => {})
    clearTimeout(unanswered)
  }
}

/** Throws when the container has exited, with its code; one that is not there yet counts as running. */
export async function requireRunning(container: Container): Promise<void> {
  try {
    const { State } = await container.inspect({ abortSignal: AbortSignal.timeout(answerWithinMs) })
    if (State.Status !== 'exited' && State.Status !== 'dead') return
    throw new Error(`it exited with code ${State.ExitCode}${State.OOMKilled ? ', out of memory' : ''}`)
  } catch (error) {
    if (statusOf(error) !== 404) throw error
  }
}
