import type { CommandOutcome } from '../migrator/command.ts'
import { commandLabel } from '../migrator/command-label.ts'
import { migratorFindings } from '../migrator/findings.ts'
import type { Finding, MigrationRun } from '../rehearsal.ts'
import { duration } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import { databaseBytes } from '../postgres/database-bytes.ts'
import type { Restored } from './restore.ts'
import type { Given } from './given.ts'
import { leftovers } from './leftovers.ts'
import type { Migrated } from './migrate.ts'
import { refusedStatements, traceMigrator } from './trace-migrator.ts'

/**
 * Migrates with the plan's command, once. Its exit code decides; what it applied is what its own table gained, and
 * the command itself where it has no table that is known.
 */
export async function migrateByCommand(
  given: Given,
  restored: Restored,
  progress: Progress,
): Promise<StageOutput<Migrated>> {
  const label = commandLabel(given.plan.migrate.command ?? '')
  progress(label)
  const connection = restored.server.connection(restored.database)
  const restoredBytes = await databaseBytes(connection)
  const trace = await traceMigrator(given, { operation: 'up', steps: 0 }, connection, progress)
  const { outcome, command, statements, runs } = trace
  if (command === null) throw new Error('migrateByCommand without a command')
  const size = { restoredBytes, migratedBytes: await databaseBytes(connection) }
  const { pending, applied } = appliedBy(command, runs)
  const complete = outcome.error === null && outcome.ended === 'done'
  const findings = [
    ...(pending.length === 0 ? [nothingPending()] : []),
    ...(complete ? unseen(label, statements.length) : []),
    ...migratorFindings(outcome, 'up', refusedStatements(statements)),
    ...(await leftovers(restored)),
  ]
  const spentMs = runs.reduce((sum, run) => sum + run.durationMs, 0)
  const summary = `${label}: ${applied.length} of ${pending.length} applied in ${duration(spentMs)}`
  return { facts: { pending, applied, runs, complete, trace, size }, findings, summary }
}

function appliedBy(
  { recorded, worked, error, ended }: CommandOutcome,
  runs: readonly MigrationRun[],
): Pick<Migrated, 'pending' | 'applied'> {
  const failed = error !== null || ended !== 'done'
  const names = runs.map(({ name }) => name)
  if (recorded !== null && recorded.length > 0) {
    const unrecorded = failed ? names.filter((name) => !recorded.includes(name)) : []
    return { pending: [...recorded, ...unrecorded], applied: recorded }
  }
  if (failed) return { pending: names, applied: [] }
  return worked ? { pending: names, applied: names } : { pending: [], applied: [] }
}

/** A command that talked to no database of ours talked to another one, or to none. */
function unseen(label: string, statements: number): Finding[] {
  if (statements > 0) return []
  return [
    {
      id: 'migrator-unseen',
      severity: 'unverified',
      subject: label,
      message: 'The command succeeded without sending a statement to the copy, so nothing was rehearsed.',
      remedy: 'Let it connect to DATABASE_URL (or PGHOST and the like), over TCP and without TLS.',
    },
  ]
}

/** Nothing was to be done. */
export function nothingPending(): Finding {
  return {
    id: 'no-pending-migrations',
    severity: 'notice',
    subject: 'migrations',
    message: 'The backup has every migration already, so none was rehearsed.',
  }
}
