import type { BackupFacts } from './backups/backup-format.ts'
import { now } from './clock.ts'
import { HarnessError } from './errors.ts'
import type { Plan } from './plan.ts'
import type { Finding } from './rehearsal.ts'
import type { RehearseOptions } from './rehearse.ts'
import type { Given } from './stages/given.ts'
import { prepareBackup } from './stages/prepare-backup.ts'
import { provision, type Provisioned } from './stages/provision.ts'
import { restore } from './stages/restore.ts'
import { withRun } from './with-run.ts'

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
  options: RehearseOptions,
  work: (restored: Restored) => Promise<Result>,
): Promise<Result> {
  return await withRun(plan, options, async (run, keeping) => {
    const given = { plan: { ...plan, keep: false }, run, signal: options.signal, beganAt: now() }
    const progress = (detail: string) => options.observe({ kind: 'progress', stage: 'restore', detail })
    const prepared = await prepareBackup(given, progress)
    const { facts: provisioned } = await provision(given, prepared, keeping, progress)
    const { facts: restored, findings = [] } = await restore(given, prepared, provisioned, keeping, progress)
    const lost = findings.find(({ severity }) => severity === 'unverified' || severity === 'error')
    if (lost !== undefined) {
      throw new HarnessError(lost.id, lost.message, { hint: lost.remedy ?? 'Take another backup.' })
    }
    return await work({ ...restored, given, facts: prepared.facts, findings })
  })
}
