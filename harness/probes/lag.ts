import type { Span } from './protocol.ts'

/** Watches when this process itself does not get to run, which clients of the database do not feel. */
export interface LagWatch {
  /** Longer than 10 ms late each, in order; at most 100,000. */
  readonly lags: readonly Span[]
  stop(): void
}

export function watchLag(now: () => number): LagWatch {
  const lags: Span[] = []
  let due = now() + intervalMs
  const timer = setInterval(() => {
    const at = now()
    if (at - due > worthKeepingMs && lags.length < 100_000) lags.push({ from: due, until: at })
    due = at + intervalMs
  }, intervalMs)
  return { lags, stop: () => clearInterval(timer) }
}

const intervalMs = 5
const worthKeepingMs = 10
