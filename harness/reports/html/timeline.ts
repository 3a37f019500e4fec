import type { Direction, MigrationRun, Rehearsal, StageResult, StatementFacts } from '../../rehearsal.ts'
import { brief } from '../fitting.ts'
import { count, duration } from '../text.ts'
import { axisOf } from './axis.ts'
import { chart, legend, type Bar, type Fill, type Lane } from './lanes.ts'
import { lockLanes, lockLegend } from './lock-lanes.ts'
import { markup, type Markup } from './markup.ts'
import { probeChart } from './probe-chart.ts'
import { section } from './section.ts'
import { pill, type Tone } from './tone.ts'

/** Statements that a chart shows: those that took longest. */
const shownStatements = 20

/** When everything happened: the run, its way up and down looked at closely, and what clients felt beneath. */
export function timelineSection(rehearsal: Rehearsal): Markup {
  const { stages, durationMs, probes } = rehearsal
  return section(
    'timeline',
    'Timeline',
    `${count(stages.length, 'stage')} in ${duration(durationMs)}. Below, the same clock closer: each way of the migrations, their longest statements and the locks${probes === undefined ? '' : '; then the probed run, on a clock of its own'}.`,
    markup`${wholeRun(rehearsal)}${(['up', 'down'] as const).map((direction) => oneWay(rehearsal, direction))}${probes !== undefined && probeChart(probes)}`,
  )
}

function wholeRun({ stages, migrations, durationMs }: Rehearsal): Markup {
  const endMs = Math.max(durationMs, ...stages.map((it) => (it.startedMs ?? 0) + it.durationMs))
  const ways = (['up', 'down'] as const).flatMap((direction): Lane[] => {
    const bars = migrations.filter((run) => run.direction === direction).flatMap(barsOf)
    const sumMs = bars.reduce((sum, bar) => sum + bar.endMs - bar.startMs, 0)
    return bars.length === 0 ? [] : [{ name: `all ${direction}`, bars, took: duration(sumMs) }]
  })
  return markup`<div class="card flush"><h3>The whole run</h3>${chart(
    'The whole run',
    axisOf('axis-run', 0, endMs),
    [
      { heading: 'stages', took: 'took', lanes: stages.map(stageLane) },
      { heading: 'migrations', took: 'took', lanes: ways },
    ],
  )}</div>`
}

function stageLane(stage: StageResult): Lane {
  const { name, status, summary, startedMs, durationMs } = stage
  const bad = status === 'halted' || status === 'crashed'
  return {
    name: bad ? markup`${name} ${pill('bad', status)}` : name,
    note: summary,
    bars: startedMs === undefined ? [] : [barAt(startedMs, durationMs, bad ? 'bad' : 'up')],
    took: status === 'skipped' ? 'skipped' : duration(durationMs),
  }
}

function oneWay(rehearsal: Rehearsal, direction: Direction): Markup | false {
  const runs = rehearsal.migrations.filter((run) => run.direction === direction)
  const bars = runs.flatMap(barsOf)
  if (bars.length === 0) return false
  const placed = rehearsal.statements.filter(
    (it) => it.direction === direction && it.timing === 'exact' && it.startedMs !== undefined,
  )
  const locks = lockLanes(placed, Math.max(...bars.map(({ endMs }) => endMs)))
  const all = [...bars, ...locks.flatMap((lane) => lane.bars)]
  const startMs = Math.min(...all.map((bar) => bar.startMs))
  const axis = axisOf(`axis-${direction}`, startMs, Math.max(...all.map((bar) => bar.endMs)))
  const title = direction === 'up' ? 'Migrations going up' : 'Rollback: migrations going down'
  return markup`<div class="card flush"><h3>${title}</h3>
<p class="muted small">From ${duration(startMs)} after the run began.${unplaced(rehearsal, direction, placed.length)}</p>
${legend([...fillsOf(bars), ...(locks.length > 0 ? lockLegend : [])])}${chart(title, axis, [
    { heading: 'migrations', took: 'took', lanes: runs.map(runLane) },
    {
      heading: placed.length > shownStatements ? `statements: the ${shownStatements} longest` : 'statements',
      took: 'took',
      lanes: longest(placed).map(statementLane),
    },
    { heading: 'locks', took: 'held', lanes: locks },
  ])}</div>`
}

/** Those of the second run have a place on another clock. */
function unplaced({ statements }: Rehearsal, direction: Direction, placed: number): string {
  const other = statements.filter((it) => it.direction === direction).length - placed
  return other === 0
    ? ''
    : ` ${count(other, 'statement')} seen only in the run that was slowed down by looking: under Migrations.`
}

const statusTones: Record<MigrationRun['status'], Tone> = {
  success: 'good',
  error: 'bad',
  undone: 'unsure',
  'not-executed': 'unsure',
}

/** Why a migration is not simply done; nothing when it is. */
export function statusPill({ status }: Pick<MigrationRun, 'status'>): Markup | false {
  return status !== 'success' && markup` ${pill(statusTones[status], status.replace('-', ' '))}`
}

function runLane(run: MigrationRun): Lane {
  const { name, status, durationMs, statements } = run
  return {
    name,
    note: markup`${count(statements, 'statement')}${statusPill(run)}`,
    bars: barsOf(run),
    took: status === 'not-executed' ? 'not run' : duration(durationMs),
  }
}

function barsOf({ status, direction, startedMs, durationMs }: MigrationRun): Bar[] {
  if (startedMs === undefined || status === 'not-executed') return []
  const fill = { success: direction, error: 'bad', undone: 'unsure' } as const
  return [barAt(startedMs, durationMs, fill[status])]
}

const fillTexts = { up: 'up', down: 'down', bad: 'error', unsure: 'undone, as the batch failed' } as const

function fillsOf(bars: readonly Bar[]): [Fill, string][] {
  return (['up', 'down', 'bad', 'unsure'] as const)
    .filter((fill) => bars.some((bar) => bar.fill === fill))
    .map((fill) => [fill, fillTexts[fill]])
}

function longest(statements: readonly StatementFacts[]): StatementFacts[] {
  return statements
    .toSorted((one, other) => other.durationMs - one.durationMs)
    .slice(0, shownStatements)
    .toSorted((one, other) => (one.startedMs ?? 0) - (other.startedMs ?? 0))
}

function statementLane({ text, startedMs = 0, durationMs, direction, migration }: StatementFacts): Lane {
  return {
    name: markup`<code>${brief(text.trim().replaceAll(/\s+/g, ' '), 70)}</code>`,
    note: migration,
    bars: [barAt(startedMs, durationMs, direction)],
    took: duration(durationMs),
  }
}

const barAt = (startMs: number, durationMs: number, fill: Fill): Bar => ({
  startMs,
  endMs: startMs + durationMs,
  fill,
})
