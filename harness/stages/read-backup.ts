import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { BackupFacts, MigrationTable, OpenedBackup } from '../backups/backup-format.ts'
import { openWanted } from '../origins/index.ts'
import type { Plan } from '../plan.ts'
import { takeBackup } from '../source/take-backup.ts'
import type { Progress } from '../stage.ts'
import type { Given } from './given.ts'

/** A backup, and what it holds. */
export interface OpenBackup extends OpenedBackup {
  readonly facts: BackupFacts
}

/** Finds out what the backup is and holds, reading it to its end. Throws HarnessError. */
export async function readBackup(
  { plan, run, signal }: Pick<Given, 'plan' | 'run' | 'signal'>,
  table: MigrationTable,
  onProgress: Progress,
): Promise<OpenBackup> {
  const scratch = broughtBackup({ run })
  const { file, format } = await openWanted({ ...plan, run, scratch, signal, onProgress })
  return { file, format, facts: await format.describe(file, table, plan.database) }
}

/** Where the backup of a source lies, and whatever else is brought here. */
export function broughtBackup({ run }: Pick<Given, 'run'>): string {
  return join(run.directory, 'source')
}

/** Takes a backup of the source into the scratch directory, and reads that. */
export async function readSource(
  { plan, run, signal }: Given,
  source: Plan['source'],
  table: MigrationTable,
  progress: Progress,
): Promise<OpenBackup | undefined> {
  if (source === undefined) return undefined
  const taken = await takeBackup({
    source,
    path: () => broughtBackup({ run }),
    jobs: Math.min(4, availableParallelism()),
    countRows: true,
    run,
    signal,
    onProgress: progress,
  })
  return await readBackup({ plan: { ...plan, backup: taken.path }, run, signal }, table, progress)
}
