import { comparable, type RehearsalRecord } from '../record.ts'

/** What was measured, from the least to the most, in so many rehearsals. */
export interface Interval {
  readonly low: number
  readonly high: number
  readonly rehearsals: number
}

export interface Expectations {
  /** In the order in which they go up. Null is unknown. */
  readonly migrations: readonly {
    readonly name: string
    readonly up: Interval | null
    readonly stall: Interval | null
    readonly down: Interval | null
  }[]
  /** All together, one after the other. */
  readonly up: Interval | null
  readonly down: Interval | null
  /** The longest of any migration. */
  readonly stall: Interval | null
  readonly restore: Interval | null
  /** The specs on the migrated database. */
  readonly specs: Interval | null
}

/** What to expect of a deployment, from one rehearsal and earlier ones on the same engine. Pure. */
export function expectationsOf(record: RehearsalRecord, past: readonly RehearsalRecord[]): Expectations {
  const all = [...comparable(past, record), record]
  const interval = (read: (record: RehearsalRecord) => number | null | undefined) => intervalOf(all.map(read))
  const names = record.pending ?? []
  const run = (name: string, direction: 'up' | 'down') => (it: RehearsalRecord) =>
    it.migrations.find(
      (migration) =>
        migration.name === name && migration.direction === direction && migration.status === 'success',
    )
  const migrations = names.map((name) => ({
    name,
    up: interval((it) => run(name, 'up')(it)?.durationMs),
    stall: record.migrations.some((it) => it.name === name && it.direction === 'up' && it.stallMs === null)
      ? null
      : interval((it) => run(name, 'up')(it)?.stallMs),
    down: interval((it) => run(name, 'down')(it)?.durationMs),
  }))
  return {
    migrations,
    up: together(
      migrations.map(({ up }) => up),
      (a, b) => a + b,
    ),
    down: together(
      migrations.map(({ down }) => down),
      (a, b) => a + b,
    ),
    stall: together(
      migrations.map(({ stall }) => stall),
      Math.max,
    ),
    restore: interval(({ restoreMs }) => restoreMs),
    specs: interval(({ specs }) => specs.find(({ phase }) => phase === 'migrated')?.durationMs),
  }
}

function intervalOf(values: readonly (number | null | undefined)[]): Interval | null {
  const known = values.filter((value) => value !== null && value !== undefined)
  if (known.length === 0) return null
  return { low: Math.min(...known), high: Math.max(...known), rehearsals: known.length }
}

/** Unknown as soon as one of them is; seen in as many rehearsals as the one seen least. */
function together(
  intervals: readonly (Interval | null)[],
  add: (a: number, b: number) => number,
): Interval | null {
  let sum: Interval | null = null
  for (const it of intervals) {
    if (it === null) return null
    sum =
      sum === null
        ? it
        : {
            low: add(sum.low, it.low),
            high: add(sum.high, it.high),
            rehearsals: Math.min(sum.rehearsals, it.rehearsals),
          }
  }
  return sum
}
