import type { EngineName } from './engines/index.ts'
import type { HazardRules } from './hazards/judge.ts'
import type { QuestionName } from './rehearsal.ts'
import type { Source } from './source/source.ts'
import type { ReportName } from './reports/index.ts'

/** Everything a rehearsal is asked to do: validated, frozen, defaults filled in. Paths are absolute. */
export interface Plan {
  /** Where relative paths start and where child processes run. */
  readonly cwd: string
  /** Empty when there is a source. */
  readonly backup: string
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
  readonly migrations: MigrationSource
  readonly migrate: {
    /** A migration that makes no progress for so long is ended. */
    readonly stallTimeoutMs: number
  }
  /** What is asked beside the rehearsal itself, in order. */
  readonly questions: readonly QuestionName[]
  readonly hazards: HazardRules
  /** `table`, `table.column` or `schema.table.column` (`*` for any) whose data migrations may change. */
  readonly allowedDataChanges: readonly string[]
  readonly specs: SpecPlan
  readonly app: AppPlan | undefined
  readonly reports: readonly ReportTarget[]
  /** Check every table and index of the restored database with the extension amcheck. */
  readonly amcheck: boolean
  readonly keep: boolean
  /** Names of variables that must never reach a child process as they are, with the servers they name. */
  readonly protectedUrls: Readonly<Record<string, string>>
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
