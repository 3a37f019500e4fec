import type { Budget } from './budgets/budget.ts'
import type { BudgetName } from './budgets/index.ts'
import type { GatePolicy } from './certificate/gate.ts'
import type { EngineName } from './engines/index.ts'
import type { ProductionFacts } from './estimate/production.ts'
import type { HazardRules } from './hazards/judge.ts'
import type { HistoryPlace } from './history/history-store.ts'
import type { HistoryStoreName } from './history/index.ts'
import type { TrafficPlan } from './probes/traffic-plan.ts'
import type { QuestionName } from './rehearsal.ts'
import type { ReportName } from './reports/index.ts'

/** Everything a rehearsal is asked to do: validated, frozen, defaults filled in. Paths are absolute. */
export interface Plan {
  /** Where relative paths start and where child processes run. */
  readonly cwd: string
  readonly backup: string
  /** Which database of a backup that holds several; undefined: the only one that is not empty. */
  readonly database: string | undefined
  /** A backup that is older is an error. */
  readonly maxAgeMs: number | undefined
  readonly engine: EngineName | 'auto'
  /** Postgres major to run; undefined takes the backup's. */
  readonly postgres: number | undefined
  readonly image: string | undefined
  /** The server that `--engine external` may make databases on. */
  readonly serverUrl: string | undefined
  /** A file with production's settings for all that is measured. */
  readonly postgresqlConf: string | undefined
  readonly snapshots: SnapshotPlan
  /** How many clones are at work at once; undefined: what cores and memory allow. */
  readonly parallel: number | undefined
  readonly migrations: MigrationSource
  readonly migrate: {
    /** A migration that makes no progress for so long is ended. */
    readonly stallTimeoutMs: number
    /** Shell command line of another migrator; undefined: the Kysely migrations of `migrations`. */
    readonly command: string | undefined
    /** Shell command line that takes all of it down again. */
    readonly rollbackCommand: string | undefined
  }
  /** What is asked beside the rehearsal itself, in order. */
  readonly questions: readonly QuestionName[]
  /** How many deaths of the migrator are tried at most. */
  readonly crashLimit: number
  /** Where the certificate of a passed rehearsal goes; undefined: none is made. Absolute. */
  readonly certificate: string | undefined
  /** What `rehearse gate` believes and asks for. */
  readonly gate: GatePolicy
  readonly hazards: HazardRules
  /** What estimates for production rest on; undefined: none are made. */
  readonly production: ProductionFacts | undefined
  /** How long a reader is kept open in front of the migrations that are probed; undefined for none. */
  readonly holdMs: number | undefined
  /** What runs beside the probes. */
  readonly traffic: TrafficPlan | null
  /** `table`, `table.column` or `schema.table.column` (`*` for any) whose data migrations may change. */
  readonly allowedDataChanges: readonly string[]
  readonly specs: SpecPlan
  readonly app: AppPlan | undefined
  readonly reports: readonly ReportTarget[]
  readonly history: HistoryPlan
  readonly budgets: readonly Budget<BudgetName>[]
  readonly keep: boolean
  /** Names of variables that must never reach a child process as they are, with the servers they name. */
  readonly protectedUrls: Readonly<Record<string, string>>
}

/** Where each rehearsal is recorded, and what is kept there. */
export interface HistoryPlan extends HistoryPlace {
  readonly store: HistoryStoreName | 'off'
}

export interface MigrationSource {
  /** A folder of migrations, or a module that exports a record, a provider or a function to a Migrator. */
  readonly path: string
  /** Export of the module to take; undefined: `default`, `migrator`, `provider`, `migrations`, in this order. */
  readonly exportName: string | undefined
  readonly tableName: string | undefined
  readonly tableSchema: string | undefined
  readonly allowUnordered: boolean
}

export interface SnapshotPlan {
  /** `off`: what the run restores is removed with it, and no stored snapshot is used. */
  readonly mode: 'auto' | 'off'
  /** Stored snapshots are removed, least recently used first, until they take no more. */
  readonly maxBytes: number
}

export interface AppPlan {
  /** Shell command line. */
  readonly command: string
  /** Polled until it answers below 500; `{port}` becomes a free port, also given as `PORT`. */
  readonly readyUrl: string
  readonly readyTimeoutMs: number
}

export interface ReportTarget {
  readonly name: ReportName
  readonly path: string
}

export interface SpecPlan {
  /** Globs, relative to `cwd`. */
  readonly patterns: readonly string[]
  readonly timeoutMs: number
  /** Passed on to mocha, before the files. */
  readonly mochaArguments: readonly string[]
}
