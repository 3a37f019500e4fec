import { styleText } from 'node:util'
import type { RehearsalRecord } from '../record.ts'
import type { TrendSeries, Verdict } from '../rehearsal.ts'
import { trendsOf } from '../trends.ts'
import { sparkline } from './sparkline.ts'
import { bytes, duration, verdictTitles } from './text.ts'

const styles = { passed: 'green', failed: 'red', 'could-not-verify': 'yellow' } as const

/** What `rehearse history` prints: a line for each rehearsal, oldest first, and how the figures of the last one went. */
export function renderHistory(records: readonly RehearsalRecord[]): string {
  const latest = records.at(-1)
  if (latest === undefined) return 'No rehearsal is recorded here yet.\n'
  const head = ['started (UTC)', 'verdict', 'migrations', 'up', 'stall', 'restore', 'id']
  const rows = records.map((record) => ({ record, cells: cellsOf(record) }))
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return [
    styleText('dim', `  ${line(head)}`.trimEnd()),
    ...rows.map(({ record, cells }) => coloured(`  ${line(cells)}`.trimEnd(), record.verdict)),
    ...charts(records, latest),
    '',
  ].join('\n')
}

function cellsOf({ startedAt, verdict, pending, migrations, restoreMs, id }: RehearsalRecord): string[] {
  const ups = migrations.filter(({ direction }) => direction === 'up')
  const stalls = ups.map(({ stallMs }) => stallMs)
  const stall = stalls.includes(null) ? 'unknown' : duration(Math.max(0, ...stalls.map((ms) => ms ?? 0)))
  return [
    `${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)}`,
    verdictTitles[verdict],
    pending === null
      ? 'unknown'
      : `${ups.filter((it) => it.status === 'success').length} of ${pending.length}`,
    duration(ups.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    stall,
    restoreMs === null ? 'none' : duration(restoreMs),
    id,
  ]
}

function coloured(line: string, verdict: Verdict): string {
  const title = verdictTitles[verdict]
  return line.replace(title, () => styleText(styles[verdict], title))
}

function charts(records: readonly RehearsalRecord[], latest: RehearsalRecord): string[] {
  const trends = trendsOf(latest, records)
  if (trends === null) return ['', styleText('dim', '  One rehearsal makes no trend yet.')]
  const width = Math.max(...trends.series.map(({ name }) => name.length))
  const title = `  the last ${trends.startedAt.length} on ${latest.engine?.name ?? 'this engine'}, from 0`
  return [
    '',
    styleText('dim', title),
    ...trends.series.map(
      (series) => `  ${series.name.padEnd(width)}  ${sparkline(series.values)}  ${range(series)}`,
    ),
  ]
}

/** `0.9 s to 1.4 s, now 1.1 s`. */
function range({ values, unit }: TrendSeries): string {
  const known = values.filter((value) => value !== null)
  const amount = (value: number) =>
    unit === 'ms' ? duration(value) : value < 0 ? `-${bytes(-value)}` : bytes(value)
  const now = values.at(-1)
  const span = `${amount(Math.min(...known))} to ${amount(Math.max(...known))}`
  return `${span}, now ${now === null || now === undefined ? 'unknown' : amount(now)}`
}
