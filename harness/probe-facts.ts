/**
 * What other clients felt while the migrations ran once more, up and down, on a copy of its own. Offsets are
 * milliseconds since probing began; durations are by the clock of the client that waited.
 */
export interface ProbeFacts {
  /** From one probe of a series to the next, when nothing stalls. */
  readonly intervalMs: number
  readonly durationMs: number
  /** Every run of the Migrator: from its first migration's beginning to its end. */
  readonly runs: readonly {
    readonly direction: 'up' | 'down'
    readonly startMs: number
    readonly endMs: number
    /** How long a reader was kept open in front of it; null without `hold`. */
    readonly heldMs: number | null
  }[]
  /** The longest time for which the probing program itself did not get to look; stalls are without it. */
  readonly ownLagMs: number
  readonly tables: readonly ProbedTable[]
  /** Tables that the migrations lock and that were not probed, with the reason; the first 100. */
  readonly notProbed: readonly { readonly table: string; readonly reason: string }[]
  readonly queues: readonly LockQueue[]
  /** The user's own traffic, one entry for each statement or script. */
  readonly traffic: readonly TrafficFacts[]
}

export interface ProbedTable {
  /** `schema.table`, as before the migrations. */
  readonly name: string
  /** `locked`: the migrations lock it; `large`: they do not, and it is one of the largest. */
  readonly why: 'locked' | 'large'
  readonly reads: ProbeSeries
  /** Null for what cannot be written, such as a materialized view. */
  readonly writes: ProbeSeries | null
}

/** Probes of one table by one session, one at a time. */
export interface ProbeSeries {
  /** What a probe sends, without the row's key; its first 300 characters. */
  readonly sql: string
  readonly probes: number
  /** A probe that takes longer is a stall: 50 ms, or three times the quiet p99 where that is more. */
  readonly thresholdMs: number
  /** Null where no probe was made in that phase. */
  readonly quiet: Latencies | null
  readonly during: Latencies | null
  readonly after: Latencies | null
  readonly longestStallMs: number
  readonly totalStallMs: number
  /** In all; `stalls` has the 50 longest, in order of time. */
  readonly stallCount: number
  readonly stalls: readonly ProbeStall[]
  readonly errors: readonly ClientErrors[]
}

export interface Latencies {
  readonly count: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface ProbeStall {
  readonly startMs: number
  readonly durationMs: number
  /** In which it began; null outside of all migrations. */
  readonly migration: string | null
  readonly direction: 'up' | 'down' | null
  /** That took the lock, else the one that ran when the stall began; its first 300 characters. */
  readonly statement: string | null
}

/** What the server answered instead, of one kind. */
export interface ClientErrors {
  /** SQLSTATE, or `connection` when the session was gone. */
  readonly code: string
  readonly count: number
  /** The first one. */
  readonly message: string
  readonly firstMs: number
  /** The last one before it that changed the table, else that had begun; null before all. */
  readonly migration: string | null
  readonly direction: 'up' | 'down' | null
}

/** A migration waited for a lock, and others behind it. */
export interface LockQueue {
  readonly relation: string
  readonly mode: string
  /** The waiting statement, its first 300 characters. */
  readonly statement: string
  readonly migration: string | null
  readonly direction: 'up' | 'down' | null
  readonly startMs: number
  readonly waitedMs: number
  /** Whom it waited for, in words. */
  readonly behind: string
  /** Sessions seen waiting behind it. */
  readonly queued: number
  /** The longest of their waits. */
  readonly queuedMs: number
}

export interface TrafficFacts {
  readonly name: string
  readonly before: Latencies | null
  readonly during: Latencies | null
  readonly after: Latencies | null
  /** Due, and not sent before the end because every client was waiting. */
  readonly unsent: number
  readonly errors: readonly ClientErrors[]
}
