import { openBackup } from './backups/index.ts'
import type { BackupFacts } from './backups/backup-format.ts'
import { chooseEngine } from './engines/index.ts'
import { now } from './clock.ts'
import { HarnessError } from './errors.ts'
import type { Plan } from './plan.ts'
import { clientToolVersion } from './postgres/client-tools.ts'
import type { Finding } from './rehearsal.ts'
import type { RehearseOptions } from './rehearse.ts'
import { openRun } from './runs/open-run.ts'
import { sweepRuns } from './runs/sweep.ts'
import { migrationTable } from './stages/preflight.ts'
import type { Given } from './stages/given.ts'
import { provision, type Provisioned } from './stages/provision.ts'
import { restore } from './stages/restore.ts'
import { createTeardown } from './teardown.ts'

/** A backup in a throwaway server, for other purposes than a rehearsal. */
export interface Restored extends Provisioned {
  readonly given: Given
  readonly facts: BackupFacts
  /** What the restore had to say. */
  readonly findings: readonly Finding[]
}

/**
 * Restores `plan.backup` as a rehearsal would, hands it to `work` and removes everything afterwards. Throws
 * HarnessError for a backup or an engine that does not do, and `degraded-restore` when something was lost.
 */
export async function withRestored<Result>(
  plan: Plan,
  { observe, signal, redactor }: RehearseOptions,
  work: (restored: Restored) => Promise<Result>,
): Promise<Result> {
  await sweepRuns({ kept: false })
  const run = await openRun()
  const teardown = createTeardown()
  teardown.defer('the scratch directory', () => run.dispose())
  const given = { plan: { ...plan, keep: false }, run, signal, beganAt: now() }
  const progress = (detail: string) => observe({ kind: 'progress', stage: 'restore', detail })
  try {
    const { file, format } = await openBackup(plan.backup, run.directory)
    const facts = await format.describe(file, migrationTable(plan, undefined), plan.database)
    const request = {
      major: plan.postgres ?? facts.serverMajor ?? undefined,
      image: plan.image,
      serverUrl: plan.serverUrl,
      run,
    }
    const chosen = await chooseEngine(plan.engine, request)
    if (chosen.engine.name !== 'docker') await format.checkTools(facts, clientToolVersion)
    const prepared = { file, format, facts, ...chosen, request }
    const { facts: provisioned } = await provision(given, prepared, { teardown, redactor, observe }, progress)
    const { findings = [] } = await restore(prepared, provisioned, signal, progress)
    const lost = findings.find(({ severity }) => severity === 'unverified' || severity === 'error')
    if (lost !== undefined) {
      throw new HarnessError(lost.id, lost.message, { hint: lost.remedy ?? 'Take another backup.' })
    }
    return await work({ ...provisioned, given, facts, findings })
  } finally {
    for (const problem of await teardown.run()) observe({ kind: 'note', text: problem })
  }
}
