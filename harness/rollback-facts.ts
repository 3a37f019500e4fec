/** One migration taken up, down and up again on a copy of its own. */
export interface StaircaseStep {
  readonly migration: string
  /**
   * `faithful`: down brought everything back, and up could be applied again with the same result; `unfaithful`:
   * something differs, see the findings; `failed`: down or the second up failed; `missing-down`; `not-reached`.
   */
  readonly verdict: 'faithful' | 'unfaithful' | 'failed' | 'missing-down' | 'not-reached'
  /** Time inside the migration's own function; null when it did not run. */
  readonly upMs: number | null
  readonly downMs: number | null
  readonly upAgainMs: number | null
  /** What differs, an object or table a line; notices included. */
  readonly differences: readonly string[]
}

/**
 * What specs are told about the database: `migrated` and `rolled-back` for the new release before and after the
 * rollback; `old-release` for the previous release on the migrated schema; `code-first` for what the new release
 * reads on the old schema.
 */
export const specPhases = ['migrated', 'rolled-back', 'old-release', 'code-first'] as const

export type SpecPhase = (typeof specPhases)[number]

/** What became of writes with the new schema when it was rolled back. */
export interface NewWrites {
  /** Tables that were written to, with their rows before, after, and after the rollback; null when it was gone. */
  readonly tables: readonly {
    readonly name: string
    readonly rowsBefore: number
    readonly rowsWritten: number
    readonly rowsLeft: number | null
  }[]
  /** The specs on what the rollback left; null when they did not run. */
  readonly rolledBack: SpecPass | null
}

/** What it takes to get back by restoring the backup instead of rolling back. */
export interface Recovery {
  /** Measured: restoring it here, on a machine that is not production's. */
  readonly restoreMs: number
  readonly backupBytes: number
  /** Everything written since would be lost; null when the backup does not say when it was made. */
  readonly backupAgeMs: number | null
}

/** One pass of the smoke specs. */
export interface SpecPass {
  /** What `REHEARSAL_PHASE` said. */
  readonly phase: SpecPhase
  readonly passed: number
  readonly failed: number
  readonly pending: number
  readonly durationMs: number
  readonly failures: readonly { readonly title: string; readonly message: string }[]
  /** The first 500 that passed, in order. */
  readonly passes: readonly { readonly title: string; readonly durationMs: number }[]
}
