import { comparable, type RehearsalRecord } from './record.ts'
import type { Trends, TrendSeries } from './rehearsal.ts'

const rehearsalsAtMost = 30

/**
 * How the figures of `record` went over the newest earlier rehearsals on the same engine; null without any. What
 * earlier ones had and this one does not (a migration that is deployed by now) is left out. Pure.
 */
export function trendsOf(record: RehearsalRecord, past: readonly RehearsalRecord[]): Trends | null {
  const earlier = comparable(past, record).slice(-(rehearsalsAtMost - 1))
  if (earlier.length === 0) return null
  const all = [...earlier, record]
  const series = figures(record).map(({ kind, name, unit, read }): TrendSeries => ({
    kind,
    name,
    unit,
    values: all.map(read),
  }))
  return {
    startedAt: all.map(({ startedAt }) => startedAt),
    verdicts: all.map(({ verdict }) => verdict),
    series: series.filter(({ values }) => values.filter((value) => value !== null).length > 1),
  }
}

interface Figure extends Pick<TrendSeries, 'kind' | 'name' | 'unit'> {
  readonly read: (record: RehearsalRecord) => number | null
}

function figures({ migrations, specs }: RehearsalRecord): Figure[] {
  const names = migrations.filter(({ direction }) => direction === 'up').map(({ name }) => name)
  return [
    { kind: 'restore', name: 'restore', unit: 'ms', read: ({ restoreMs }) => restoreMs },
    { kind: 'stall', name: 'longest client stall', unit: 'ms', read: longestStall },
    { kind: 'wal', name: 'write-ahead log', unit: 'bytes', read: walOfAll },
    { kind: 'growth', name: 'growth of the database', unit: 'bytes', read: ({ growthBytes }) => growthBytes },
    ...specs.map(({ phase }): Figure => ({
      kind: 'specs',
      name: `specs, ${phase}`,
      unit: 'ms',
      read: (it) => it.specs.find((pass) => pass.phase === phase)?.durationMs ?? null,
    })),
    ...names.map((name): Figure => ({ kind: 'migration', name, unit: 'ms', read: upOf(name) })),
  ]
}

const upOf =
  (name: string) =>
  ({ migrations }: RehearsalRecord): number | null =>
    migrations.find((it) => it.name === name && it.direction === 'up')?.durationMs ?? null

function longestStall({ migrations }: RehearsalRecord): number | null {
  return complete(migrations, ({ stallMs }) => stallMs)?.reduce((a, b) => Math.max(a, b), 0) ?? null
}

function walOfAll({ migrations }: RehearsalRecord): number | null {
  return complete(migrations, ({ walBytes }) => walBytes)?.reduce((a, b) => a + b, 0) ?? null
}

/** The figure of every migration going up; null when there is none, or one was not measured. */
function complete(
  migrations: RehearsalRecord['migrations'],
  read: (migration: RehearsalRecord['migrations'][number]) => number | null,
): number[] | null {
  const values = migrations.filter(({ direction }) => direction === 'up').map(read)
  const known = values.filter((value) => value !== null)
  return values.length === 0 || known.length < values.length ? null : known
}
