import type { Config } from '../config-schema.ts'
import type { Severity, Verdict } from '../rehearsal.ts'

/** What a database of a fleet may set: all that a config file may, but where reports go, which the fleet says. */
export type FleetSettings = Omit<Config, 'reports'>

/** Many databases that are rehearsed together. */
export interface Fleet {
  /** As listed; names are unique, also where upper and lower case are the same. */
  readonly databases: readonly FleetDatabase[]
  /** Which go first, the rest only when all of these pass: so many, or these. Undefined: no canary. */
  readonly canary: number | readonly string[] | undefined
  /** How many at the same time on one machine; undefined: what the machine allows. */
  readonly parallel: number | undefined
  /** A rehearsal that takes longer is ended; undefined: any time. */
  readonly timeoutMs: number | undefined
  /** What takes so many times the median is told as an outlier. */
  readonly outlierFactor: number
}

/** One database of a fleet and what its rehearsal is told beside the config file. */
export interface FleetDatabase {
  /** Fit for a file name. */
  readonly name: string
  /** Higher ones go first; 0 unless said. */
  readonly priority: number
  /** The fleet's defaults with the database's own over them; over the config file and over the environment. */
  readonly settings: FleetSettings
  /** Variables of its rehearsal, by name, with the variable of ours that holds the value; never a value. */
  readonly environment?: Readonly<Record<string, string>>
}

/** What became of one database of a fleet. */
export interface FleetResult {
  readonly name: string
  readonly verdict: Verdict
  /** One sentence. */
  readonly summary: string
  /** Of the rehearsal's process; null when it did not exit by itself, or was never started. */
  readonly exitCode: number | null
  /** Id of the rehearsal; null when it left no report. */
  readonly rehearsal: string | null
  /** ISO 8601, UTC; null when it was never started. */
  readonly startedAt: string | null
  /** From start to end of its process; 0 when it was never started. */
  readonly durationMs: number
  /** How often it was tried; 0 when it was never started. */
  readonly attempts: number
  /** The host that rehearsed it; null when none did. */
  readonly where: string | null
  /** What matters to the verdict, and warnings; worst first. */
  readonly findings: readonly FleetFinding[]
  /** How long each migration took going up, in order. */
  readonly migrations: readonly { readonly name: string; readonly durationMs: number }[]
  /** Paths from the fleet's directory, with `/`; only those that were written. */
  readonly reports: { readonly html?: string; readonly json?: string; readonly junit?: string }
  /** Why it could not be verified, where that is not in a report; several lines. */
  readonly problem?: string
  /** Why it was not even started; its verdict is then `could-not-verify`. */
  readonly notRun?: NotRun
}

/** `missing`: it belongs to the fleet, and no result says anything of it. */
export type NotRun = 'canary-failed' | 'interrupted' | 'missing'

/** A finding as far as it is compared over a fleet. */
export interface FleetFinding {
  readonly id: string
  readonly severity: Severity
  readonly subject: string
  readonly message: string
  /** The migration that it is about; null when it is about none. */
  readonly migration: string | null
}
