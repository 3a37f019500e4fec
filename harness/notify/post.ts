import { setTimeout as sleep } from 'node:timers/promises'

export interface PostOptions {
  /** Waits before each further attempt, in milliseconds; 1 s, 4 s and 10 s by default. */
  readonly waitsMs?: readonly number[]
  /** For one attempt, 10 s by default. */
  readonly timeoutMs?: number
}

/**
 * Posts `body` as JSON; resolves to why it did not arrive, or undefined when it did. Tried again when nothing
 * answers, on 429 (after the time that the answer asks for, 30 s at most) and on 5xx. What it says never holds
 * the URL, which is a secret.
 */
export async function post(
  url: string,
  body: unknown,
  { waitsMs = [1_000, 4_000, 10_000], timeoutMs = 10_000 }: PostOptions = {},
): Promise<string | undefined> {
  for (const waitMs of [...waitsMs, undefined]) {
    const { problem, retryAfterMs } = await attempt(url, body, timeoutMs)
    if (problem === undefined) return undefined
    if (waitMs === undefined || retryAfterMs === undefined) return problem
    await sleep(Math.max(waitMs, retryAfterMs))
  }
  return undefined
}

interface Attempt {
  readonly problem: string | undefined
  /** Undefined: another attempt would end as this one did. */
  readonly retryAfterMs: number | undefined
}

async function attempt(url: string, body: unknown, timeoutMs: number): Promise<Attempt> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await answer.body?.cancel()
    if (answer.ok) return { problem: undefined, retryAfterMs: undefined }
    const again = answer.status === 429 || answer.status >= 500
    return { problem: `it answered ${answer.status}`, retryAfterMs: again ? waitOf(answer) : undefined }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    const problem = timedOut ? `no answer within ${timeoutMs / 1_000} s` : (code ?? 'it cannot be reached')
    return { problem, retryAfterMs: url.startsWith('http') ? 0 : undefined }
  }
}

const longestWaitMs = 30_000

function waitOf(answer: Response): number {
  const seconds = Number(answer.headers.get('retry-after'))
  return Number.isFinite(seconds) ? Math.min(longestWaitMs, Math.max(0, seconds * 1_000)) : 0
}
