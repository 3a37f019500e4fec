import { readApplied } from '../migrator/applied.ts'
import { migratorFindings } from '../migrator/findings.ts'
import type { DatabaseSize, Finding, MigrationRun } from '../rehearsal.ts'
import { databaseBytes } from '../postgres/database-bytes.ts'
import { duration } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { leftovers } from './leftovers.ts'
import { migrateByCommand, nothingPending } from './migrate-by-command.ts'
import { missingDown } from './missing-down.ts'
import type { Prepared } from './preflight.ts'
import type { Restored } from './restore.ts'
import { refusedStatements, traceMigrator, type MigratorTrace } from './trace-migrator.ts'

/** What migrating left behind, by the migration table and not by the migrator's word. */
export interface Migrated {
  readonly pending: readonly string[]
  /** Of the pending ones, those that the migration table has now, in order. */
  readonly applied: readonly string[]
  readonly runs: readonly MigrationRun[]
  /** Every pending migration is applied. */
  readonly complete: boolean
  readonly trace: MigratorTrace
  readonly size: DatabaseSize
}

/** Migrates as production will: one `migrateToLatest` from what the backup's migration table says. */
export async function migrate(
  given: Given,
  { listed, table, facts }: Prepared,
  restored: Restored,
  progress: Progress,
): Promise<StageOutput<Migrated>> {
  if (given.plan.migrate.command !== undefined) return migrateByCommand(given, restored, progress)
  const connection = restored.server.connection(restored.database)
  const record = { table: table.name, tableSchema: table.schema ?? null }
  const before = await readApplied(connection, record)
  const restoredBytes = await databaseBytes(connection)
  const trace = await traceMigrator(given, { operation: 'up', steps: 0 }, connection, progress)
  const { outcome, statements, runs } = trace
  const after = await readApplied(connection, record)
  const size = { restoredBytes, migratedBytes: await databaseBytes(connection) }
  const names = outcome.listed.length > 0 ? outcome.listed.map((it) => it.name) : listed.map((it) => it.name)
  const pending = names.filter((name) => !before.includes(name))
  const applied = pending.filter((name) => after.includes(name))
  const complete = applied.length === pending.length
  const recorded = runs.map((run) =>
    run.status === 'success' && !after.includes(run.name) ? { ...run, status: 'undone' as const } : run,
  )
  const findings = [
    ...(pending.length === 0 ? [nothingPending()] : []),
    // Where the backup could be read beforehand, preflight has said this already.
    ...(facts.appliedMigrations === null ? withoutDown(listed, pending) : []),
    ...emptyDowns(listed, pending),
    ...migratorFindings(outcome, 'up', refusedStatements(statements)),
    ...(await leftovers(restored)),
    ...(outcome.error === null && outcome.ended === 'done' ? notRecorded(pending, applied) : []),
  ]
  const spentMs = runs.reduce((sum, run) => sum + run.durationMs, 0)
  const summary = `${applied.length} of ${pending.length} pending applied in ${duration(spentMs)}`
  return { facts: { pending, applied, runs: recorded, complete, trace, size }, findings, summary }
}

function withoutDown(listed: Prepared['listed'], pending: readonly string[]): Finding[] {
  return listed.filter((it) => pending.includes(it.name) && !it.hasDown).map((it) => missingDown(it.name))
}

function emptyDowns(listed: Prepared['listed'], pending: readonly string[]): Finding[] {
  return listed
    .filter((it) => pending.includes(it.name) && it.emptyDown)
    .map(({ name }) => ({
      id: 'empty-down',
      severity: 'warning',
      subject: name,
      message: 'down is an empty function: it reports success and undoes nothing.',
      remedy: 'Write what undoes `up`; where nothing has to be undone, say so in a comment and ignore this.',
      evidence: { migration: name, direction: 'down' },
    }))
}

function notRecorded(pending: readonly string[], applied: readonly string[]): Finding[] {
  return pending
    .filter((name) => !applied.includes(name))
    .map((name) => ({
      id: 'migration-not-executed',
      severity: 'error',
      subject: name,
      message:
        'The migrator reported no error, yet the migration table does not have this pending migration.',
      remedy: "Check the Migrator's options and its order of names (allowUnorderedMigrations).",
      evidence: { migration: name, direction: 'up' },
    }))
}
