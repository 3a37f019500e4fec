import { now } from './clock.ts'
import type { Clones } from './clones/clones.ts'
import type { Plan } from './plan.ts'
import type { Redactor } from './redact.ts'
import { openRun } from './runs/open-run.ts'
import { sweepRuns } from './runs/sweep.ts'
import type { Observer } from './stage.ts'
import { openBackupCopy } from './bisect/copy.ts'
import { findResponsible, type Responsible } from './bisect/responsible.ts'
import { openSteps } from './stages/migrator-steps.ts'
import { traceMigrator, type MigratorTrace } from './stages/trace-migrator.ts'
import { createTeardown } from './teardown.ts'

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
export async function bisect(
  plan: Plan,
  { observe, signal, redactor, maxStallMs }: BisectOptions,
): Promise<Responsible | null> {
  const teardown = createTeardown()
  const run = await openRun()
  teardown.defer('the scratch directory', () => run.dispose())
  const given = { plan, run, signal, beganAt: now() }
  const note = (text: string): void => observe({ kind: 'note', text: redactor.text(text) })
  try {
    await sweepRuns({ kept: false })
    const clones = await openBackupCopy(given, { teardown, redactor, observe })
    return await findResponsible({
      maxStallMs,
      migrateAll: async (alone) => {
        note(
          alone === 0
            ? 'migrating as production will'
            : `with ${alone} applied one at a time before the rest`,
        )
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
  } finally {
    for (const problem of await teardown.run()) note(problem)
  }
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
