import type { Latencies } from '../probe-facts.ts'
import type { Samples, Span } from './protocol.ts'

/** One probe or unit of traffic; `startMs` is since probing began. */
export interface Sample {
  readonly startMs: number
  readonly latencyMs: number
}

export interface Phases {
  readonly quiet: readonly Sample[]
  readonly during: readonly Sample[]
  readonly after: readonly Sample[]
}

/**
 * Sorts samples by whether they were over before the first run, overlapped one, or neither. Where the client
 * itself did not get to run when the answer came, the time from there on is not the server's and is left out. Pure.
 */
export function phasesOf(
  samples: Samples,
  { startedAt, runs, lags }: { startedAt: number; runs: readonly Span[]; lags: readonly Span[] },
): Phases {
  const phases = { quiet: [] as Sample[], during: [] as Sample[], after: [] as Sample[] }
  const firstRun = runs[0]?.from ?? Infinity
  samples.startedAt.forEach((from, index) => {
    const until = endWithoutLag({ from, until: from + (samples.latencyMs[index] ?? 0) }, lags)
    const sample = { startMs: from - startedAt, latencyMs: until - from }
    if (until < firstRun) phases.quiet.push(sample)
    else if (runs.some((run) => from <= run.until && until >= run.from)) phases.during.push(sample)
    else phases.after.push(sample)
  })
  return phases
}

/** Percentiles by nearest rank; null of nothing. */
export function latenciesOf(samples: readonly Sample[]): Latencies | null {
  if (samples.length === 0) return null
  const sorted = Float64Array.from(samples, ({ latencyMs }) => latencyMs).toSorted()
  const rank = (share: number) => rounded(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)
  return {
    count: samples.length,
    p50Ms: rank(0.5),
    p95Ms: rank(0.95),
    p99Ms: rank(0.99),
    maxMs: rank(1),
  }
}

export const rounded = (ms: number): number => Math.round(ms * 10) / 10

function endWithoutLag({ from, until }: Span, lags: readonly Span[]): number {
  if (until - from < worthLookingMs) return until
  const late = lags.find((lag) => lag.from <= until && until <= lag.until + afterLagMs)
  return late === undefined ? until : Math.max(from, late.from)
}

const worthLookingMs = 10

/** Answers that waited for the process are read within so long when it runs again. */
const afterLagMs = 10
