import type { ProbedTable, ProbeFacts, ProbeSeries, ProbeStall } from '../probe-facts.ts'
import type { Rehearsal } from '../rehearsal.ts'
import { count, duration } from './text.ts'

/**
 * `reads stalled 3.1 s, writes 3.1 s, during 2024_add_condition (up)`: how long each kind was made to wait by the
 * migration that `stall` began in.
 */
export function stallWords({ reads, writes }: ProbedTable, stall: ProbeStall): string {
  const kinds = [
    ['reads', reads],
    ['writes', writes],
  ] as const
  const words = kinds.flatMap(([kind, series]) => {
    const longestMs = longestDuring(series, stall)
    return longestMs === 0 ? [] : [`${kind} stalled ${duration(longestMs)}`]
  })
  const [first, second] = words
  const said = second === undefined ? [first] : [first, second.replace(' stalled', '')]
  const { migration, direction } = stall
  return [
    ...said,
    migration === null ? 'outside of the migrations' : `during ${migration} (${direction})`,
  ].join(', ')
}

/** A line for each table whose clients waited, longest first; or one that says that none did. None without probes. */
export function probeLines({ probes }: Rehearsal): string[] {
  if (probes === undefined || probes.tables.length === 0) return []
  const stalled = probes.tables
    .map((table) => ({ table, stall: longestStall(table) }))
    .filter(({ stall }) => stall !== undefined)
    .toSorted((one, other) => (other.stall?.durationMs ?? 0) - (one.stall?.durationMs ?? 0))
  const lines = stalled.flatMap(({ table, stall }) =>
    stall === undefined ? [] : [`${table.name}: ${stallWords(table, stall)}`],
  )
  return [...(lines.length > 0 ? lines : [nobodyWaited(probes)]), ...trafficLines(probes)]
}

/** `p50 0.4, p95 1.0, p99 3.1 ms`. */
export function latencyText(latencies: { p50Ms: number; p95Ms: number; p99Ms: number } | null): string {
  if (latencies === null) return 'none'
  return `p50 ${latencies.p50Ms}, p95 ${latencies.p95Ms}, p99 ${latencies.p99Ms} ms`
}

function nobodyWaited({ tables }: ProbeFacts): string {
  const slowest = Math.max(
    0,
    ...tables.flatMap(({ reads, writes }) => [reads.during?.maxMs ?? 0, writes?.during?.maxMs ?? 0]),
  )
  return `no client would have waited: ${count(tables.length, 'table')} probed, the slowest answer took ${duration(slowest)}`
}

function trafficLines({ traffic }: ProbeFacts): string[] {
  return traffic.map(({ name, before, during, after, unsent, errors }) =>
    [
      `traffic ${name}: before ${latencyText(before)}; during ${latencyText(during)}; after ${latencyText(after)}`,
      ...errors.map(({ code, count: times }) => `${count(times, 'error')} ${code}`),
      ...(unsent === 0 ? [] : [`${unsent} not sent`]),
    ].join('; '),
  )
}

function longestStall({ reads, writes }: ProbedTable): ProbeStall | undefined {
  return [...reads.stalls, ...(writes?.stalls ?? [])].toSorted((a, b) => b.durationMs - a.durationMs)[0]
}

function longestDuring(series: ProbeSeries | null, { migration, direction }: ProbeStall): number {
  const its = series?.stalls.filter((it) => it.migration === migration && it.direction === direction) ?? []
  return Math.max(0, ...its.map(({ durationMs }) => durationMs))
}
