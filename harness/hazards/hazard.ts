import type { Severity } from '../rehearsal.ts'
import type { TracedStatement } from '../trace/traced.ts'

/** What a judge of the trace is given: all statements of one direction, in order. */
export type Trace = readonly TracedStatement[]

/** Something about a statement that hurts clients in production. Registered in `index.ts`. */
export interface Hazard {
  /** Kebab-case noun in the failing state; also the file's name and the id of its findings. */
  readonly id: string
  /** When it is there, a sentence. */
  readonly condition: string
  /** What it does to clients, a sentence or two. */
  readonly effect: string
  /** What to do, a sentence or two. */
  readonly remedy: string
  /** What to write in Kysely instead. */
  readonly kysely: string
  /** Pure; no sighting means that all is well. */
  detect(trace: Trace): Sighting[]
}

export interface Sighting {
  readonly statement: TracedStatement
  /** Relations it is about, the first one foremost: `schema.table`. */
  readonly relations: readonly string[]
  /** What happened, with what was measured, without a full stop. */
  readonly what: string
  /** How long clients are kept waiting, which decides on the severity; or the severity where time does not. */
  readonly weight: { readonly stallMs: number } | { readonly severity: Severity }
}
