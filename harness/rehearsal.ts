import type { EstimateFacts } from './estimate/facts.ts'
import type { ProbeFacts } from './probe-facts.ts'
import type { NewWrites, Recovery, SpecPass, StaircaseStep } from './rollback-facts.ts'
import type {
  BackupSummary,
  CrashFacts,
  DataCompared,
  DatabaseSize,
  Direction,
  EngineSummary,
  MaskedTable,
  MigrationFile,
  MigrationRun,
  SourceFile,
  StatementFacts,
  TableFacts,
  WaiverFacts,
} from './rehearsal-facts.ts'

export type * from './rehearsal-facts.ts'
export { specPhases } from './rollback-facts.ts'
export type { NewWrites, Recovery, SpecPass, SpecPhase, StaircaseStep } from './rollback-facts.ts'

/** What a rehearsal comes to. Exit codes: `passed` 0, `failed` 1, `could-not-verify` 2. */
export type Verdict = 'passed' | 'failed' | 'could-not-verify'

/**
 * How much a finding matters. `error` fails the rehearsal; `unverified` means that something which had to
 * be verified was not, so the rehearsal cannot pass; `warning` and `notice` leave the verdict alone.
 */
export type Severity = 'error' | 'unverified' | 'warning' | 'notice'

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
export const questionNames = [
  'locks',
  'probes',
  'staircase',
  'new-writes',
  'old-release',
  'two-migrators',
  'crashes',
] as const

export type QuestionName = (typeof questionNames)[number]

export const stageNames = [...coreStageNames, ...questionNames] as const

export type StageName = (typeof stageNames)[number]

/** `halted`: ended by something the operator can fix; `crashed`: our bug; `skipped`: an earlier stage ended. */
export type StageStatus = 'completed' | 'halted' | 'crashed' | 'skipped'

export interface StageResult {
  readonly name: StageName
  readonly status: StageStatus
  /** After the rehearsal began; absent when it never started. */
  readonly startedMs?: number
  readonly durationMs: number
  /** One line: what the stage did, or why it did not. */
  readonly summary: string
}

/** Figures of the newest rehearsals, 30 at most, oldest first; the last of each is this one's. */
export interface Trends {
  /** ISO 8601, UTC. */
  readonly startedAt: readonly string[]
  readonly verdicts: readonly Verdict[]
  readonly series: readonly TrendSeries[]
}

export interface TrendSeries {
  readonly kind: 'restore' | 'stall' | 'wal' | 'growth' | 'specs' | 'migration'
  /** A migration's name, or what else it is, in words. */
  readonly name: string
  readonly unit: 'ms' | 'bytes'
  /** Null where it was not measured. */
  readonly values: readonly (number | null)[]
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
  /** All that makes up the migrations; what they import from elsewhere is not among it. */
  readonly migrationSources: readonly SourceFile[]
  readonly waivers: readonly WaiverFacts[]
  readonly migrations: readonly MigrationRun[]
  /** At most 1,000, in order; empty when locks were not observed. */
  readonly statements: readonly StatementFacts[]
  /** In the order of statements; empty when it was not asked. */
  readonly crashes: readonly CrashFacts[]
  /** What other clients felt; absent when it was not asked, or nothing could be probed. */
  readonly probes?: ProbeFacts
  readonly tables: readonly TableFacts[]
  /** Absent when the baseline was not reached. */
  readonly dataCompared?: DataCompared
  /** Null when migrating was not reached. */
  readonly databaseSize: DatabaseSize | null
  /** What was masked before anything else saw the data; left out when nothing was. */
  readonly masking?: readonly MaskedTable[]
  readonly specs: readonly SpecPass[]
  /** Absent when it was not asked. */
  readonly staircase?: readonly StaircaseStep[]
  /** Absent when it was not asked, or nothing could be written. */
  readonly newWrites?: NewWrites
  /** Absent when the backup was not restored. */
  readonly recovery?: Recovery
  readonly stages: readonly StageResult[]
  readonly findings: readonly Finding[]
  /** Left out where the plan says nothing of production. */
  readonly estimates?: readonly EstimateFacts[]
  /** How the figures went over earlier rehearsals; null when none was recorded on the same engine. */
  readonly trends: Trends | null
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
