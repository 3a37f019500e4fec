import type { RehearsalRecord } from '../record.ts'
import type { Severity } from '../rehearsal.ts'

/** A figure that can be given a limit: the contract of this family. */
export interface BudgetKind {
  readonly name: string
  readonly description: string
  readonly unit: 'ms' | 'bytes'
  /** Every figure of this kind that a rehearsal has, by what it is about. */
  measure(record: RehearsalRecord): readonly Measured[]
}

export interface Measured {
  /** A migration, or what else the figure is about. */
  readonly subject: string
  /** Null when the rehearsal did not measure it. */
  readonly value: number | null
}

/** A limit as the plan has it; at least one of `max` and `relative` is there, and both hold. */
export interface Budget<Name extends string = string> {
  readonly name: Name
  readonly severity: Exclude<Severity, 'unverified'>
  /** Milliseconds or bytes. */
  readonly max: number | undefined
  readonly relative: RelativeLimit | undefined
}

/** So many times the median of earlier rehearsals, and `slack` on top. */
export interface RelativeLimit {
  readonly times: number
  /** The newest so many that have the figure are looked at. */
  readonly last: number
  /** With fewer it is not judged. */
  readonly atLeast: number
  /** Milliseconds or bytes: small figures vary by more than they are. */
  readonly slack: number
}
