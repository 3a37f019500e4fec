import { now } from './clock.ts'
import type { Clones } from './clones/clones.ts'
import type { Plan } from './plan.ts'
import type { Redactor } from './redact.ts'
import type { Observer } from './stage.ts'
import { openBackupCopy } from './bisect/copy.ts'
import { findResponsible, type Responsible } from './bisect/responsible.ts'
import { openSteps } from './stages/migrator-steps.ts'
import { traceMigrator, type MigratorTrace } from './stages/trace-migrator.ts'
import { withRun } from './with-run.ts'

export interface BisectOptions {
  readonly observe: Observer
  readonly signal: AbortSignal
  readonly redactor: Redactor
  /** A migration whose own function takes longer is as bad as one that fails; undefined: any time. */
  readonly maxStallMs: number | undefined
}

/**
 * Finds the first migration that is responsible when migrating as production will fails, stalls or takes too long.
 * Null when all goes well. Throws HarnessError for what keeps it from being found out, and removes all it started.
 */
export async function bisect(plan: Plan, options: BisectOptions): Promise<Responsible | null> {
  const { observe, signal, maxStallMs } = options
  return await withRun(plan, options, async (run, keeping) => {
    const given = { plan, run, signal, beganAt: now() }
    const clones = await openBackupCopy(given, keeping)
    return await findResponsible({
      maxStallMs,
      migrateAll: async (alone) => {
        const order =
          alone === 0 ? 'migrating as production will' : `with ${alone} applied one at a time before the rest`
        observe({ kind: 'note', text: order })
        return onClone(clones, async (connection) => {
          const steps = await openSteps(given, connection, () => {})
          try {
            if (alone > 0) await steps.perform({ operation: 'up', steps: alone })
          } finally {
            await steps.close()
          }
          return traceMigrator(given, { operation: 'up', steps: 0 }, connection, () => {})
        })
      },
    })
  })
}

async function onClone(
  clones: Clones,
  work: (connection: Parameters<typeof openSteps>[1]) => Promise<MigratorTrace>,
): Promise<MigratorTrace> {
  const clone = await clones.open({ purpose: 'bisect' })
  try {
    return await work(clone.connection)
  } finally {
    await clone.close()
  }
}
