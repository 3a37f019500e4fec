import type { SpareChildren } from '../migrator/spare.ts'
import type { Plan } from '../plan.ts'
import type { Run } from '../runs/run.ts'

/** What every stage is given beside the facts of the stages before it. Nothing in it changes. */
export interface Given {
  readonly plan: Plan
  readonly run: Run
  readonly signal: AbortSignal
  /** When the rehearsal began, epoch milliseconds: what offsets count from. */
  readonly beganAt: number
  /** Databases up to this size are copied within their server; for tests, default `copiedWithinBytes`. */
  readonly copiedWithinBytes?: number | undefined
  /** Children of the migrator, started where nothing is timed. */
  readonly spares?: SpareChildren
}
