import { z } from 'zod'
import type { Busy } from './traffic.ts'

/** One look at `pg_stat_database`: counters that only grow, until they are reset. A line of JSON each. */
export interface TrafficSample {
  /** ISO 8601, UTC, by the server's clock. */
  readonly at: string
  readonly database: string
  /** Transactions committed and rolled back since `resetAt`. */
  readonly transactions: number
  /** ISO 8601, UTC; null when they never were. */
  readonly resetAt: string | null
}

const sampleSchema: z.ZodType<TrafficSample> = z.strictObject({
  at: z.iso.datetime(),
  database: z.string(),
  transactions: z.int().nonnegative(),
  resetAt: z.iso.datetime().nullable(),
})

/** Throws an Error with the number of the first line that is no sample. */
export function parseSamples(text: string): TrafficSample[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [sampleSchema.parse(JSON.parse(line))]
    } catch (cause) {
      throw new Error(`line ${index + 1} is no sample of traffic`, { cause })
    }
  })
}

/** Between two samples so far apart anything may have happened. */
const gapMs = 2 * 3_600_000

/** What was done between samples of one database; nothing over a reset, a restart of counting or a long gap. */
export function busyBetween(samples: readonly TrafficSample[]): Busy[] {
  return [...Map.groupBy(samples, ({ database }) => database).values()].flatMap((its) => {
    const inOrder = its.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    return inOrder.slice(1).flatMap((sample, index) => {
      const before = inOrder[index]
      if (before === undefined || before.resetAt !== sample.resetAt) return []
      const [startMs, endMs] = [Date.parse(before.at), Date.parse(sample.at)]
      const count = sample.transactions - before.transactions
      return count < 0 || endMs <= startMs || endMs - startMs > gapMs ? [] : [{ startMs, endMs, count }]
    })
  })
}
