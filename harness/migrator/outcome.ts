import type { Direction } from '../rehearsal.ts'
import type { ListedMigration, Message, Observation, Setting, StepResult, ThrownError } from './protocol.ts'
import type { Stall } from './stall.ts'

/** Everything learnt from one run of the migrator's child process. */
export interface MigratorOutcome extends Transcript {
  /**
   * `done`: it did what was asked, which may have ended in `error`; `failed`: an error that nobody
   * caught ended it; `stalled`: it was ended, see `stall`; `exited`: the migrations' own code ended the process.
   */
  readonly ended: 'done' | 'failed' | 'stalled' | 'exited'
  readonly stall: Stall | null
  readonly exitCode: number | null
  readonly signal: string | null
  /** The last 64 KiB that the migrations wrote to stdout and stderr. */
  readonly output: string
}

/** What the child's messages add up to. */
export interface Transcript {
  readonly loaded: Loaded
  /** Migrations whose function was called, in that order. */
  readonly runs: readonly ObservedRun[]
  /** All migrations in the Migrator's order, as they were afterwards; empty unless `done`. */
  readonly listed: readonly ListedMigration[]
  /** As the Migrator says: a batch that was rolled back still counts its first ones as successes. */
  readonly results: readonly StepResult[]
  readonly error: ThrownError | null
  readonly settingsKept: readonly Setting[]
}

export type Loaded = Omit<Extract<Message, { kind: 'loaded' }>, 'kind'>

/** One call of one migration's function. Times are epoch milliseconds with fractions. */
export interface ObservedRun {
  readonly migration: string
  readonly direction: Direction
  readonly startedAt: number
  /** Null when it never ended: the process was ended inside it. */
  readonly endedAt: number | null
  readonly observation: Observation | null
  /** SQL of queries that its code began after it had ended, 100 at most. */
  readonly late: readonly string[]
}

/** Folds messages; undefined when the migrations were never loaded. */
export function transcriptOf(messages: readonly Message[]): Transcript | undefined {
  const loaded = messages.find((message) => message.kind === 'loaded')
  if (loaded === undefined) return undefined
  const done = messages.findLast((message) => message.kind === 'done')
  const failed = messages.findLast((message) => message.kind === 'failed')
  const { kind: _, ...facts } = loaded
  return {
    loaded: facts,
    runs: runsOf(messages),
    listed: done?.migrations ?? [],
    results: done?.results ?? [],
    error: failed?.error ?? done?.error ?? null,
    settingsKept: done?.settingsKept ?? [],
  }
}

function runsOf(messages: readonly Message[]): ObservedRun[] {
  const runs: ObservedRun[] = []
  for (const message of messages) {
    if (message.kind === 'started') {
      const { migration, direction, at } = message
      runs.push({ migration, direction, startedAt: at, endedAt: null, observation: null, late: [] })
    }
    if (message.kind !== 'ended' && message.kind !== 'late') continue
    const index = runs.findLastIndex(
      ({ migration, direction }) => migration === message.migration && direction === message.direction,
    )
    const run = runs[index]
    if (run !== undefined) runs[index] = { ...run, ...added(run, message) }
  }
  return runs
}

function added(
  run: ObservedRun,
  message: Extract<Message, { kind: 'ended' | 'late' }>,
): Partial<ObservedRun> {
  if (message.kind === 'late') return { late: [...run.late, message.statement] }
  const { kind: _kind, migration: _migration, direction: _direction, at, ...observation } = message
  return { endedAt: at, observation }
}
