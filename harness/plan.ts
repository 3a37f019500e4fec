import type { Budget } from './budgets/budget.ts'
import type { BudgetName } from './budgets/index.ts'
import type { GatePolicy } from './certificate/gate.ts'
import type { EngineName } from './engines/index.ts'
import type { ProductionFacts } from './estimate/production.ts'
import type { PgBackRestPlan } from './origins/origin.ts'
import type { HazardRules } from './hazards/judge.ts'
import type { HistoryPlace } from './history/history-store.ts'
import type { HistoryStoreName } from './history/index.ts'
import type { WebhookFormatName } from './notify/index.ts'
import type { TellingMoment } from './notify/message.ts'
import type { MaskingPlan } from './masking/masking-plan.ts'
import type { TrafficPlan } from './probes/traffic-plan.ts'
import type { QuestionName } from './rehearsal.ts'
import type { Source } from './source/source.ts'
import type { ReportName } from './reports/index.ts'

/** Everything a rehearsal is asked to do: validated, frozen, defaults filled in. Paths are absolute. */
export interface Plan {
  /** Where relative paths start and where child processes run. */
  readonly cwd: string
  /** Absolute, or an address such as `s3://backups/nightly`; empty when there is a source or a command. */
  readonly backup: string
  /** Shell command line whose standard output is the backup; undefined: there is a backup or a source. */
  readonly backupCommand: string | undefined
  /** How a pgBackRest repository is read. */
  readonly pgbackrest: PgBackRestPlan
  /** A live server that a backup is taken from first, which is then restored. */
  readonly source: Source | undefined
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
  /** Tables that take more are compared by a sample of their rows of about this size; undefined: every row is. */
  readonly sampleAboveBytes: number | undefined
  /** Shell command line that makes, clones and removes data directories of the embedded engine. */
  readonly storageHook: string | undefined
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
  /** Those of them that were asked by their own name, and not as part of `all`. */
  readonly askedByName: readonly QuestionName[]
  readonly hazards: HazardRules
  /** What estimates for production rest on; undefined: none are made. */
  readonly production: ProductionFacts | undefined
  /** How long a reader is kept open in front of the migrations that are probed; undefined for none. */
  readonly holdMs: number | undefined
  /** What runs beside the probes. */
  readonly traffic: TrafficPlan | null
  /** `table`, `table.column` or `schema.table.column` (`*` for any) whose data migrations may change. */
  readonly allowedDataChanges: readonly string[]
  readonly masking: MaskingPlan
  readonly specs: SpecPlan
  readonly app: AppPlan | undefined
  /** The release that runs beside the new one while it is deployed; undefined when nothing is known about it. */
  readonly previous: PreviousRelease | undefined
  /** Globs of specs that only read, for a new release that is deployed before its migrations; else undefined. */
  readonly readSpecs: readonly string[] | undefined
  /** SQL that writes as the new release will, or a file of it; undefined: the specs write. */
  readonly newWrites: string | undefined
  readonly reports: readonly ReportTarget[]
  readonly history: HistoryPlan
  /** Undefined: nobody is told. */
  readonly notify: NotifyPlan | undefined
  readonly budgets: readonly Budget<BudgetName>[]
  /** Check every table and index of the restored database with the extension amcheck. */
  readonly amcheck: boolean
  readonly keep: boolean
  /** Names of variables that must never reach a child process as they are, with the servers they name. */
  readonly protectedUrls: Readonly<Record<string, string>>
}

/** Where each rehearsal is recorded, and what is kept there. */
export interface HistoryPlan extends HistoryPlace {
  readonly store: HistoryStoreName | 'off'
}

/** The chat that is told how a rehearsal ended. */
export interface NotifyPlan {
  /** A secret. */
  readonly url: string
  readonly format: WebhookFormatName
  readonly on: TellingMoment
  readonly link: string | undefined
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

export interface PreviousRelease {
  /** Undefined when its specs need no app. */
  readonly app: AppPlan | undefined
  /** Globs, relative to `cwd`. */
  readonly specs: readonly string[]
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
