import type { Direction } from '../rehearsal.ts'
import type { MigrationSource } from '../plan.ts'

/** What the parent asks of the migrator's child process. */
export interface Request {
  readonly operation: 'list' | 'state' | 'up' | 'down'
  readonly source: MigrationSource
  /** Of the copy; for `list` it names no server and nothing connects. */
  readonly connectionString: string
  /** How many, one `migrateUp` or `migrateDown` each, newest first for `down`; `up` of 0 is one `migrateToLatest`. */
  readonly steps: number
  /** Another request may follow in the same process, if `done` says so. */
  readonly more?: boolean
  /** Wait for the message `go` once the migrations are loaded. */
  readonly gated?: boolean
  /** The whole environment from now on, of a child that was started before it was known. */
  readonly environment?: Readonly<Record<string, string>>
}

/** What the child says, in order; `done` or `failed` is the last. */
export type Message =
  | {
      readonly kind: 'loaded'
      readonly kyselyVersion: string
      readonly table: string
      readonly tableSchema: string | null
      /** False when the app's own Migrator could not be wrapped: nothing is known about single migrations. */
      readonly observed: boolean
      /** Files of the folder, or exports of the module, that are no migrations. */
      readonly ignored: readonly string[]
    }
  | {
      readonly kind: 'started'
      readonly migration: string
      readonly direction: Direction
      readonly at: number
    }
  | ({
      readonly kind: 'ended'
      readonly migration: string
      readonly direction: Direction
      readonly at: number
    } & Observation)
  | {
      /** A query that a migration's code began after its function had ended. */
      readonly kind: 'late'
      readonly migration: string
      readonly direction: Direction
      readonly at: number
      readonly statement: string
    }
  | {
      readonly kind: 'done'
      readonly migrations: readonly ListedMigration[]
      readonly results: readonly StepResult[]
      readonly error: ThrownError | null
      /** Of the settings left, those that outlived the transaction on the migrator's connection. */
      readonly settingsKept: readonly Setting[]
      /** The process waits for another request; nothing of this one is left open. */
      readonly stays: boolean
    }
  | { readonly kind: 'failed'; readonly phase: 'load' | 'run'; readonly error: ThrownError }

/** What was seen around one migration's function. Times are epoch milliseconds with fractions. */
export interface Observation {
  /** False when the migrator runs without transactions. */
  readonly inTransaction: boolean
  readonly threw: boolean
  /** The transaction the migration was given is no longer the same afterwards. */
  readonly committedInside: boolean
  /** SQL of the queries that were still running when its function resolved. */
  readonly unawaited: readonly string[]
  /** Settings that it left different for what comes next in this transaction, `set local` included. */
  readonly settingsLeft: readonly Setting[]
}

export interface Setting {
  readonly name: string
  readonly value: string
}

export interface ListedMigration {
  readonly name: string
  readonly hasDown: boolean
  /** Source of `down` is an empty function. */
  readonly emptyDown: boolean
  /** ISO 8601 when the migration table has it; null otherwise, and always for `list`. */
  readonly executedAt: string | null
}

export interface StepResult {
  readonly name: string
  readonly direction: Direction
  readonly status: 'success' | 'error' | 'not-executed'
}

/** An error across the process border: `fields` are Postgres's (code, detail, hint, position, table, ...). */
export interface ThrownError {
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly fields: Readonly<Record<string, string>>
}
