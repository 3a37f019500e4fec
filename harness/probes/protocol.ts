import type { Connection } from '../postgres/connection.ts'
import type { ProbeTarget } from './targets.ts'
import type { TrafficPlan } from './traffic-plan.ts'

/** What the parent tells the probing child, in this order; `hold` and `release` may repeat. */
export type Order =
  | {
      readonly kind: 'start'
      readonly connection: Connection
      readonly targets: readonly ProbeTarget[]
      readonly intervalMs: number
      readonly traffic: TrafficPlan | null
    }
  | { readonly kind: 'hold'; readonly reads: readonly string[] }
  /** Ends the reader after so long. */
  | { readonly kind: 'release'; readonly afterMs: number }
  | { readonly kind: 'stop' }

/** What the child says: `probing` and `holding` answer `start` and `hold`; `report` or `failed` is the last. */
export type Answer =
  | { readonly kind: 'probing' }
  | { readonly kind: 'holding' }
  | ({ readonly kind: 'report' } & Recording)
  | { readonly kind: 'failed'; readonly message: string }

/** Everything one probing recorded. Times are epoch milliseconds with fractions. */
export interface Recording {
  readonly startedAt: number
  readonly endedAt: number
  /** One for each target and kind, in the order of the targets, reads first. */
  readonly series: readonly RecordedSeries[]
  /** When the child itself did not get to run. */
  readonly lags: readonly Span[]
  readonly waits: readonly WaitSample[]
  readonly traffic: readonly RecordedTraffic[]
}

export interface RecordedSeries {
  readonly table: string
  readonly kind: 'reads' | 'writes'
  /** Of probes that were answered with success. */
  readonly samples: Samples
  readonly errors: readonly RecordedError[]
}

/** Beginning and latency of each, at the same place of both; the warm-up is not in them. */
export interface Samples {
  readonly startedAt: Float64Array
  readonly latencyMs: Float64Array
}

export interface RecordedError {
  readonly code: string
  readonly count: number
  readonly message: string
  readonly firstAt: number
}

export interface RecordedTraffic {
  readonly name: string
  /** From when each was due, which is earlier than when it was sent where all clients were waiting. */
  readonly samples: Samples
  readonly unsent: number
  readonly errors: readonly RecordedError[]
}

export interface Span {
  readonly from: number
  readonly until: number
}

/** One session that waits for a lock at one moment. */
export interface WaitSample {
  readonly at: number
  readonly pid: number
  readonly who: Who
  readonly query: string
  readonly relation: string
  readonly mode: string
  /** Epoch milliseconds by the server's clock; the same in every sample of one wait. */
  readonly since: number
  /** So far, by the server's clock. */
  readonly waitedMs: number
  readonly blockedBy: readonly { readonly pid: number; readonly who: Who; readonly words: string }[]
}

/** `reader`: the one that `hold` keeps open; `other`: an autovacuum worker, a prepared transaction. */
export type Who = 'migrator' | 'reader' | 'probe' | 'traffic' | 'other'
