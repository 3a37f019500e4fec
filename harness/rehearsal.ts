import type { NewWrites, Recovery, SpecPass, StaircaseStep } from './rollback-facts.ts'

/** What a rehearsal comes to. Exit codes: `passed` 0, `failed` 1, `could-not-verify` 2. */
export type Verdict = 'passed' | 'failed' | 'could-not-verify'

/**
 * How much a finding matters. `error` fails the rehearsal; `unverified` means that something which had to
 * be verified was not, so the rehearsal cannot pass; `warning` and `notice` leave the verdict alone.
 */
export type Severity = 'error' | 'unverified' | 'warning' | 'notice'

export type Direction = 'up' | 'down'

export { specPhases } from './rollback-facts.ts'
export type { NewWrites, Recovery, SpecPass, SpecPhase, StaircaseStep } from './rollback-facts.ts'

/** Something learned about the migrations, the backup or the app. */
export interface Finding {
  /** Kebab-case noun in the failing state, such as `missing-down`. */
  readonly id: string
  readonly severity: Severity
  /** What it is about: a migration, `schema.table`, `schema.table.column`, a spec's title, a file. */
  readonly subject: string
  /** What happened, one or two sentences without a trailing newline. */
  readonly message: string
  /** What to do about it. */
  readonly remedy?: string
  readonly evidence?: Evidence
}

export interface Evidence {
  readonly migration?: string
  readonly direction?: Direction
  /** SQL text as the server received it, with the 1-based character the server's error points at. */
  readonly statement?: { readonly text: string; readonly position?: number }
  /** Further facts, a line each. */
  readonly details?: readonly string[]
}

/** What every rehearsal does, in order. */
export const coreStageNames = [
  'preflight',
  'provision',
  'restore',
  'baseline',
  'migrate',
  'verify-data',
  'smoke',
  'rollback',
  'verify-rollback',
] as const

/** What can be asked beside, each on a copy of its own, in the order in which it is asked. */
export const questionNames = ['locks', 'staircase', 'new-writes', 'old-release', 'two-migrators'] as const

export type QuestionName = (typeof questionNames)[number]

export const stageNames = [...coreStageNames, ...questionNames] as const

export type StageName = (typeof stageNames)[number]

/** `halted`: ended by something the operator can fix; `crashed`: our bug; `skipped`: an earlier stage ended. */
export type StageStatus = 'completed' | 'halted' | 'crashed' | 'skipped'

export interface StageResult {
  readonly name: StageName
  readonly status: StageStatus
  readonly durationMs: number
  /** One line: what the stage did, or why it did not. */
  readonly summary: string
}

/** The file that a migration is in. */
export interface MigrationFile {
  /** The migration's. */
  readonly name: string
  /** From where the rehearsal was started, with `/`. */
  readonly path: string
}

/** One migration going up or down once. */
export interface MigrationRun {
  readonly name: string
  readonly direction: Direction
  /**
   * `success` and `error` as the migrator says; `undone` when it says success although the migration table
   * does not have it, as for the first ones of a batch that failed; `not-executed` when it did not get there.
   */
  readonly status: 'success' | 'error' | 'undone' | 'not-executed'
  /** Time inside the migration's own function; 0 when it was not executed. */
  readonly durationMs: number
  /** Statements the server received while it ran, on any connection of the migrator. */
  readonly statements: number
}

/** What one statement of a migration (or one string of several) did to relations that were there before. */
export interface StatementFacts {
  readonly migration: string
  readonly direction: Direction
  /** SQL as the server received it, its first 2,000 characters. */
  readonly text: string
  readonly durationMs: number
  /** `exact`: of the run as in production; `observed`: of the run that was slowed down by looking. */
  readonly timing: 'exact' | 'observed'
  /** Locks on tables and views that its transaction did not hold before. */
  readonly locks: readonly LockFacts[]
  /** Tables that got new storage. */
  readonly rewrites: readonly string[]
  /** Rows that sequential scans read, at least. */
  readonly scans: readonly { readonly relation: string; readonly rows: number }[]
  /** Write-ahead log written meanwhile. */
  readonly walBytes: number
}

export interface LockFacts {
  /** `schema.table`. */
  readonly relation: string
  /** As the Postgres documentation spells it: `ACCESS EXCLUSIVE`. */
  readonly mode: string
  /** From the statement's beginning until its transaction gave the lock back; null when that was not seen. */
  readonly heldMs: number | null
}

export interface TableFacts {
  /** `schema.table`. */
  readonly name: string
  readonly rows: number
  readonly bytes: number
}

export interface BackupSummary {
  readonly path: string
  readonly format: string
  readonly compression: string
  readonly bytes: number
  readonly sha256: string
  readonly serverVersion: string | null
  readonly dumpVersion: string | null
  readonly database: string | null
}

export interface EngineSummary {
  readonly name: string
  /** Why this engine was taken. */
  readonly reason: string
  readonly serverVersion: string
  readonly image: string | null
}

/** The whole rehearsal: the one document every report is a function of. Schema: `docs/rehearsal.schema.json`. */
export interface Rehearsal {
  readonly schemaVersion: 1
  readonly tool: { readonly name: 'pg-rehearsal'; readonly version: string }
  readonly id: string
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  readonly verdict: Verdict
  /** One sentence that gives the verdict and its reason. */
  readonly summary: string
  /** What was asked beside the rehearsal itself; the verdict rests on these too. */
  readonly questions: readonly QuestionName[]
  readonly engine: EngineSummary | null
  readonly backup: BackupSummary | null
  /** Migrations that the backup does not have yet, in order; null when it was not learnt. */
  readonly pending: readonly string[] | null
  /** Where migrations are, as far as it is known. */
  readonly migrationFiles: readonly MigrationFile[]
  readonly migrations: readonly MigrationRun[]
  /** At most 1,000, in order; empty when locks were not observed. */
  readonly statements: readonly StatementFacts[]
  readonly tables: readonly TableFacts[]
  readonly specs: readonly SpecPass[]
  /** Absent when it was not asked. */
  readonly staircase?: readonly StaircaseStep[]
  /** Absent when it was not asked, or nothing could be written. */
  readonly newWrites?: NewWrites
  /** Absent when the backup was not restored. */
  readonly recovery?: Recovery
  readonly stages: readonly StageResult[]
  readonly findings: readonly Finding[]
  /** What this rehearsal cannot tell, a sentence each. */
  readonly limits: readonly string[]
}

export const exitCodes = { passed: 0, failed: 1, 'could-not-verify': 2 } as const satisfies Record<
  Verdict,
  number
>

/**
 * The verdict of a rehearsal. `failed` when anything is an error; else `could-not-verify` when a stage or a
 * question that was asked is missing or did not complete, or anything is unverified; else `passed`.
 */
export function verdictOf({
  stages,
  questions,
  findings,
}: Pick<Rehearsal, 'stages' | 'questions' | 'findings'>): Verdict {
  if (findings.some((finding) => finding.severity === 'error')) return 'failed'
  const completed = new Set(stages.filter((stage) => stage.status === 'completed').map((stage) => stage.name))
  const everyStage = [...coreStageNames, ...questions].every((name) => completed.has(name))
  const everythingVerified = !findings.some((finding) => finding.severity === 'unverified')
  return everyStage && everythingVerified ? 'passed' : 'could-not-verify'
}
