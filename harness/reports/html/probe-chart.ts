import { scaleLinear } from 'd3-scale'
import { area } from 'd3-shape'
import type { LockQueue, ProbedTable, ProbeFacts, ProbeSeries } from '../../probe-facts.ts'
import { count, duration } from '../text.ts'
import { axisOf, type Axis } from './axis.ts'
import { chart, legend, type Lane } from './lanes.ts'
import { markup, type Markup } from './markup.ts'

/** What a client that came at any moment would have waited, a lane for reads and writes of each table. */
export function probeChart(probes: ProbeFacts): Markup {
  const { durationMs, runs, tables, queues } = probes
  const axis = axisOf('axis-probes', 0, durationMs)
  const highestMs = Math.max(50, ...allSeries(tables).map((series) => series.longestStallMs))
  const lanes = tables
    .toSorted((one, other) => stalledMs(other) - stalledMs(one))
    .flatMap((table) => lanesOf(table, { probes, axis, highestMs }))
  const ways = (['up', 'down'] as const).map((direction): Lane => {
    const bars = runs.filter((run) => run.direction === direction).map((run) => ({ ...run, fill: direction }))
    const sumMs = bars.reduce((sum, bar) => sum + bar.endMs - bar.startMs, 0)
    return { name: `all ${direction}`, bars, took: duration(sumMs) }
  })
  return markup`<div class="card flush"><h3>What clients felt, in the probed run</h3>
<p class="muted small">A peak is a stall: who comes when it begins waits to its end, who comes later waits for less. All peaks have one scale, the highest is ${duration(highestMs)}. Between them runs the median of before, during and after.</p>
${legend([
  ['up', 'up'],
  ['down', 'down'],
])}${chart('The probed run', axis, [
    { heading: 'migrations', took: 'took', lanes: ways.filter(({ bars }) => bars.length > 0) },
    { heading: 'clients', took: 'longest stall', lanes },
    { heading: 'queues', took: 'waited', lanes: queues.map(queueLane) },
  ])}</div>`
}

interface Drawn {
  readonly probes: ProbeFacts
  readonly axis: Axis
  readonly highestMs: number
}

function lanesOf({ name, reads, writes }: ProbedTable, drawn: Drawn): Lane[] {
  const lane = (kind: string, series: ProbeSeries): Lane => {
    const { longestStallMs, stallCount, during } = series
    return {
      name: `${name}, ${kind}`,
      note: [
        `${stallCount === 0 ? 'no stall' : count(stallCount, 'stall')}, at most ${duration(Math.max(during?.maxMs ?? 0, longestStallMs))}`,
        ...series.errors.map(
          ({ code, count: times, firstMs }) =>
            `${count(times, 'error')} ${code} from ${duration(firstMs)} on`,
        ),
      ].join('; '),
      bars: [],
      drawing: latencyDrawing(series, drawn),
      took: longestStallMs === 0 ? 'none' : duration(longestStallMs),
    }
  }
  return [lane('reads', reads), ...(writes === null ? [] : [lane('writes', writes)])]
}

const [width, height] = [1_000, 40]

function latencyDrawing(series: ProbeSeries, { probes, axis, highestMs }: Drawn): Markup {
  const y = scaleLinear()
    .domain([0, highestMs])
    .range([height - 1, 2])
  const shape = area<Point>()
    .x(({ atMs }) => Math.round(axis.at(atMs) * (width / 100)))
    .y0(height)
    .y1(({ waitMs }) => Math.round(y(waitMs) * 10) / 10)
  return markup`<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" height="100%"><path class="felt" d="${shape(pointsOf(series, probes))}"/></svg>`
}

interface Point {
  readonly atMs: number
  readonly waitMs: number
}

/** The median of each phase, and a peak for each stall that falls to it while the stall lasts. */
function pointsOf({ quiet, during, after, stalls }: ProbeSeries, { runs, durationMs }: ProbeFacts): Point[] {
  const firstMs = runs[0]?.startMs ?? durationMs
  const medianAt = (atMs: number) => {
    if (atMs < firstMs) return quiet?.p50Ms ?? 0
    const running = runs.some(({ startMs, endMs }) => atMs >= startMs && atMs < endMs)
    return (running ? during : after)?.p50Ms ?? 0
  }
  const edges = [0, ...runs.flatMap(({ startMs, endMs }) => [startMs, endMs]), durationMs]
  const stalled = (atMs: number) =>
    stalls.some((stall) => atMs > stall.startMs && atMs < stall.startMs + stall.durationMs)
  return [
    ...edges.filter((atMs) => !stalled(atMs)).map((atMs) => ({ atMs, waitMs: medianAt(atMs) })),
    ...stalls.flatMap(({ startMs, durationMs: lastingMs }) => [
      { atMs: startMs, waitMs: medianAt(startMs) },
      { atMs: startMs, waitMs: lastingMs },
      { atMs: startMs + lastingMs, waitMs: medianAt(startMs + lastingMs) },
    ]),
  ].toSorted((one, other) => one.atMs - other.atMs)
}

function queueLane({ relation, mode, startMs, waitedMs, behind, queued, queuedMs }: LockQueue): Lane {
  const others = queued === 0 ? '' : `; ${count(queued, 'session')} behind it, ${duration(queuedMs)} at most`
  return {
    name: relation,
    note: `${mode} waited for ${behind}${others}`,
    bars: [{ startMs, endMs: startMs + waitedMs, fill: 'unsure' }],
    took: duration(waitedMs),
  }
}

function allSeries(tables: readonly ProbedTable[]): ProbeSeries[] {
  return tables.flatMap(({ reads, writes }) => (writes === null ? [reads] : [reads, writes]))
}

const stalledMs = (table: ProbedTable): number =>
  Math.max(...allSeries([table]).map(({ longestStallMs }) => longestStallMs))
