import type { Growth } from './trace/growth.ts'
import type { LockFacts } from './trace/lock-facts.ts'

export type { LockFacts }

export type Direction = 'up' | 'down'

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
  /** After the rehearsal began, by the clock of stages and statements; absent when it was not executed. */
  readonly startedMs?: number
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
  /** After the rehearsal began, in the run that `timing` names. */
  readonly startedMs?: number
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
  /** Tables that changed their size, or in which rows died. */
  readonly growth?: readonly Growth[]
  /** Written to temporary files, at least; left out where the server would not tell. */
  readonly tempBytes?: number
  /** Waited for locks before they were granted, waits of 10 ms and more; left out where the server would not tell. */
  readonly lockWaitMs?: number
}

/** A table whose data was masked after restoring. */
export interface MaskedTable {
  /** `schema.table`. */
  readonly name: string
  readonly rows: number
  /** `because`: the column that a foreign key or inheritance ties it to, whose rule it shares. */
  readonly columns: readonly { readonly name: string; readonly rule: string; readonly because?: string }[]
}

export interface TableFacts {
  /** `schema.table`. */
  readonly name: string
  readonly rows: number
  readonly bytes: number
}

/** How the data of the tables was compared with what it was. */
export interface DataCompared {
  /** ISO 8601, UTC: when rows were counted and digested of the restored copy, or of an earlier clone of its snapshot. */
  readonly baselineTakenAt: string
  /** Absent when migrating was not reached. */
  readonly afterMigrating?: TablesCompared
  /** Absent when nothing was rolled back. */
  readonly afterRollback?: TablesCompared
}

/** Tables that were read to be compared, and those that nobody had written to since the baseline, which were not. */
export interface TablesCompared {
  readonly read: number
  readonly untouched: number
}

/** Size of the rehearsed database, all of it. */
export interface DatabaseSize {
  /** As restored, before the first migration. */
  readonly restoredBytes: number
  /** After the last one. */
  readonly migratedBytes: number
}

export interface BackupSummary {
  readonly path: string
  readonly format: string
  readonly compression: string
  readonly bytes: number
  readonly sha256: string
  /** ISO 8601, UTC: the date in its own head, read as this machine's local time, else that of the file. */
  readonly madeAt: string
  readonly serverVersion: string | null
  readonly dumpVersion: string | null
  readonly database: string | null
  /** The format's own version; null when it has none. */
  readonly formatVersion?: string | null
  readonly encoding?: string | null
  /** Of the database, for people: `libc de_DE.UTF-8`. Null where the backup does not say. */
  readonly locale?: string | null
  /** Of the server it was taken from, in decimal; null where the backup does not say, as no dump does. */
  readonly systemIdentifier?: string | null
}

export interface EngineSummary {
  readonly name: string
  /** Why this engine was taken. */
  readonly reason: string
  readonly serverVersion: string
  readonly image: string | null
}

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
