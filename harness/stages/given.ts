import type { Plan } from '../plan.ts'
import type { Run } from '../runs/run.ts'

/** What every stage is given beside the facts of the stages before it. Nothing in it changes. */
export interface Given {
  readonly plan: Plan
  readonly run: Run
  readonly signal: AbortSignal
  /** When the rehearsal began, epoch milliseconds: what offsets count from. */
  readonly beganAt: number
}
