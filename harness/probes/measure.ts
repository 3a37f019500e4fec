import type { ClientErrors, ProbeFacts, ProbeSeries, TrafficFacts } from '../probe-facts.ts'
import { culpritOf, lastChangeBefore, type Timeline } from './culprit.ts'
import { latenciesOf, phasesOf, rounded, type Sample } from './phases.ts'
import type { RecordedError, RecordedSeries, Recording } from './protocol.ts'
import { lockQueues } from './queues.ts'
import type { Targets } from './targets.ts'

/** Turns what was recorded into facts: percentiles by phase, stalls and what they waited for, errors. Pure. */
export function measure(
  recording: Recording,
  timeline: Timeline,
  { targets, notProbed, intervalMs }: Targets & { readonly intervalMs: number },
): ProbeFacts {
  const { startedAt, endedAt, lags, traffic } = recording
  const offset = (at: number): number => rounded(Math.max(0, at - startedAt))
  return {
    intervalMs,
    durationMs: rounded(endedAt - startedAt),
    runs: timeline.runs.map(({ direction, from, until, heldMs }) => ({
      direction,
      startMs: offset(from),
      endMs: offset(until),
      heldMs,
    })),
    ownLagMs: rounded(Math.max(0, ...lags.map(({ from, until }) => until - from))),
    tables: targets.flatMap(({ name, why, readSql, writeSql }) => {
      const of = (kind: 'reads' | 'writes', sql: string): ProbeSeries | undefined => {
        const series = recording.series.find((it) => it.table === name && it.kind === kind)
        return series && seriesOf(series, sql, recording, timeline)
      }
      const reads = of('reads', readSql)
      const writes = writeSql === null ? undefined : of('writes', writeSql)
      return reads === undefined ? [] : [{ name, why, reads, writes: writes ?? null }]
    }),
    notProbed: notProbed.slice(0, 100),
    queues: lockQueues(recording, timeline),
    traffic: traffic.map(({ name, samples, unsent, errors }): TrafficFacts => {
      const phases = phasesOf(samples, { startedAt, runs: timeline.runs, lags })
      return {
        name,
        before: latenciesOf(phases.quiet),
        during: latenciesOf(phases.during),
        after: latenciesOf(phases.after),
        unsent,
        errors: errors.map((error) => errorFacts(error, '', { startedAt, timeline })),
      }
    }),
  }
}

function seriesOf(
  { table, kind, samples, errors }: RecordedSeries,
  sql: string,
  { startedAt, lags }: Recording,
  timeline: Timeline,
): ProbeSeries {
  const phases = phasesOf(samples, { startedAt, runs: timeline.runs, lags })
  const quiet = latenciesOf(phases.quiet)
  const thresholdMs = rounded(Math.max(floorMs, timesQuiet * (quiet?.p99Ms ?? 0)))
  const stalled = [...phases.during, ...phases.after]
    .filter(({ latencyMs }) => latencyMs > thresholdMs)
    .toSorted((one, other) => other.latencyMs - one.latencyMs)
  const stallOf = ({ startMs, latencyMs }: Sample) => {
    const from = startedAt + startMs
    const span = { table, kind, from, until: from + latencyMs }
    return { startMs: rounded(startMs), durationMs: rounded(latencyMs), ...culpritOf(span, timeline) }
  }
  return {
    sql: sql.replaceAll(literal, "'…'").slice(0, 300),
    probes: samples.startedAt.length + errors.reduce((sum, { count }) => sum + count, 0),
    thresholdMs,
    quiet,
    during: latenciesOf(phases.during),
    after: latenciesOf(phases.after),
    longestStallMs: rounded(stalled[0]?.latencyMs ?? 0),
    totalStallMs: rounded(stalled.reduce((sum, { latencyMs }) => sum + latencyMs, 0)),
    stallCount: stalled.length,
    stalls: stalled
      .slice(0, stallsAtMost)
      .toSorted((one, other) => one.startMs - other.startMs)
      .map(stallOf),
    errors: errors.map((error) => errorFacts(error, table, { startedAt, timeline })),
  }
}

/** Keys are rows' data, which stays out of reports. */
const literal = /'(?:[^']|'')*'/g

/** Less is nothing that a client notices. */
const floorMs = 50
const timesQuiet = 3
const stallsAtMost = 50

function errorFacts(
  { code, count, message, firstAt }: RecordedError,
  table: string,
  { startedAt, timeline }: { startedAt: number; timeline: Timeline },
): ClientErrors {
  return {
    code,
    count,
    message,
    firstMs: rounded(Math.max(0, firstAt - startedAt)),
    ...lastChangeBefore(firstAt, table, timeline),
  }
}
