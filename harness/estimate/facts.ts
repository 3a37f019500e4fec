import type { Direction } from '../rehearsal.ts'

/** From and to, both ends possible; milliseconds. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** What a migration may take in production: computed, not measured. */
export interface EstimateFacts {
  readonly migration: string
  readonly direction: Direction
  readonly durationMs: Interval
  /** The longest ACCESS EXCLUSIVE lock, and on what; null without one. */
  readonly exclusiveMs: Interval | null
  readonly exclusiveOn: string | null
  /** How far a replica may fall behind; null where its bandwidth is not known. */
  readonly replicaLagMs: Interval | null
  /** Sizes and hardware that were assumed, a phrase each. */
  readonly restsOn: readonly string[]
}
