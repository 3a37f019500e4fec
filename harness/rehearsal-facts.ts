/** A file of the team's, as it was when the rehearsal began. */
export interface SourceFile {
  /** From where the rehearsal was started, with `/`. */
  readonly path: string
  /** Hex. */
  readonly sha256: string
}

/** A hazard that the config file accepts for a while. */
export interface WaiverFacts {
  readonly id: string
  /** The migration or `schema.table` it is about; null: every one. */
  readonly subject: string | null
  readonly reason: string
  /** ISO date. */
  readonly expires: string
}

/** One death of the migrator half-way, on a copy of its own. */
export interface CrashFacts {
  /** Whose statement it was; null: the migrator's own. */
  readonly migration: string | null
  /** 1-based, among the statements that the whole run sends. */
  readonly statement: number
  /** Its first 500 characters. */
  readonly text: string
  readonly fault: 'connection-cut' | 'reply-lost' | 'error' | 'timeout' | 'server-killed'
  readonly inTransaction: boolean
  /** What there was of the migrations then. */
  readonly left: 'nothing' | 'everything' | 'part'
  /** How what was left differs from the old state, a line each; empty unless it is a part. */
  readonly debris: readonly string[]
  /** `as-rehearsed`: the state was one from which the same was seen already. */
  readonly again: 'as-rehearsed' | 'succeeded' | 'failed' | 'differs'
  readonly rollback: 'as-rehearsed' | 'succeeded' | 'failed' | 'differs' | 'not-tried'
  /** What went wrong, a line each. */
  readonly details: readonly string[]
  readonly durationMs: number
}
