import { now } from './clock.ts'
import type { BackupFacts, PhysicalFacts } from './backups/backup-format.ts'
import { HarnessError, HarnessErrors } from './errors.ts'
import { openWanted } from './origins/index.ts'
import type { Plan } from './plan.ts'
import { openRun } from './runs/open-run.ts'
import { sweepRuns } from './runs/sweep.ts'
import { migrationTable } from './stages/prepare-backup.ts'
import { broughtBackup } from './stages/read-backup.ts'
import { listMigrations } from './stages/trace-migrator.ts'

/** What a backup holds, as far as it can be read without restoring it. */
export interface Inspection extends Omit<
  BackupFacts,
  'clusterStatements' | 'metaCommands' | 'physical' | 'contents'
> {
  /** Of a base backup; null for what is loaded. */
  readonly physical: Omit<PhysicalFacts, 'configuration'> | null
  /** Absolute. */
  readonly path: string
  /** Names of the migrations that are not applied in it, in order; null when that could not be told. */
  readonly pendingMigrations: readonly string[] | null
  /** Why `pendingMigrations` is null; else null. */
  readonly pendingUnknown: string | null
}

/**
 * Reads `plan.backup` to its end without restoring it, and the team's migrations beside it. Throws HarnessError for
 * a backup that cannot be restored; migrations that cannot be listed are no error here.
 */
export async function inspect(plan: Plan, signal: AbortSignal): Promise<Inspection> {
  await sweepRuns({ kept: false })
  const run = await openRun()
  try {
    const scratch = broughtBackup({ run })
    const { file, format } = await openWanted({ ...plan, run, scratch, signal, onProgress: () => {} })
    const listing =
      plan.migrate.command === undefined
        ? await listMigrations({ plan, run, signal, beganAt: now() }).catch((error: unknown) => {
            if (error instanceof HarnessError || error instanceof HarnessErrors) return error.message
            throw error
          })
        : 'a command runs the migrations, and only running it tells which are pending'
    const loaded = typeof listing === 'string' ? undefined : listing.loaded
    const described = await format.describe(file, migrationTable(plan, loaded), plan.database)
    const {
      clusterStatements: _,
      metaCommands: _commands,
      contents: _contents,
      physical: files,
      ...gathered
    } = described
    const facts = { ...gathered, physical: files === null ? null : withoutConfiguration(files) }
    const applied = facts.appliedMigrations
    if (typeof listing === 'string')
      return { path: file.path, ...facts, pendingMigrations: null, pendingUnknown: listing }
    if (applied === null) {
      const pendingUnknown = 'the migration table could not be read without restoring the backup'
      return { path: file.path, ...facts, pendingMigrations: null, pendingUnknown }
    }
    const names = listing.listed.map(({ name }) => name)
    const pendingMigrations = names.filter((name) => !applied.includes(name))
    return { path: file.path, ...facts, pendingMigrations, pendingUnknown: null }
  } finally {
    await run.dispose()
  }
}

/** It may hold secrets. */
function withoutConfiguration(physical: PhysicalFacts): Inspection['physical'] {
  const { configuration: _, ...facts } = physical
  return facts
}
