import { readApplied } from '../migrator/applied.ts'
import { migratorFindings } from '../migrator/findings.ts'
import type { Finding, MigrationRun } from '../rehearsal.ts'
import { duration } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { leftovers } from './leftovers.ts'
import type { Migrated } from './migrate.ts'
import type { Prepared } from './preflight.ts'
import { rollbackByCommand } from './rollback-by-command.ts'
import type { Restored } from './restore.ts'
import { refusedStatements, traceMigrator, type MigratorTrace } from './trace-migrator.ts'

export interface RolledBack {
  /** False when there was something to take down and no way to. */
  readonly attempted: boolean
  readonly runs: readonly MigrationRun[]
  /** Of the migrations that this rehearsal applied, none is in the migration table any more. */
  readonly complete: boolean
  /** Null when there was nothing to take down. */
  readonly trace: MigratorTrace | null
}

/** Takes down what this rehearsal applied, newest first, with the app's Migrator: one `migrateDown` each. */
export async function rollback(
  given: Given,
  { table }: Prepared,
  restored: Restored,
  { applied, trace: migrated }: Migrated,
  progress: Progress,
): Promise<StageOutput<RolledBack>> {
  if (applied.length === 0) {
    return {
      facts: { attempted: true, runs: [], complete: true, trace: null },
      summary: 'nothing was applied, so there is nothing to take down',
    }
  }
  if (migrated.command !== null) return rollbackByCommand(given, restored, applied, progress)
  const connection = restored.server.connection(restored.database)
  const request = { operation: 'down', steps: applied.length } as const
  const trace = await traceMigrator(given, request, connection, progress)
  const { outcome, statements, runs } = trace
  const after = await readApplied(connection, { table: table.name, tableSchema: table.schema ?? null })
  const left = applied.filter((name) => after.includes(name))
  const explained = outcome.error !== null || outcome.ended !== 'done'
  const spentMs = runs.reduce((sum, run) => sum + run.durationMs, 0)
  return {
    facts: { attempted: true, runs, complete: left.length === 0, trace },
    findings: [
      ...migratorFindings(outcome, 'down', refusedStatements(statements)),
      ...(await leftovers(restored)),
      ...(left.length === 0 || explained ? [] : [incomplete(left)]),
    ],
    summary: `${applied.length - left.length} of ${applied.length} taken down in ${duration(spentMs)}`,
  }
}

function incomplete(left: readonly string[]): Finding {
  return {
    id: 'rollback-incomplete',
    severity: 'error',
    subject: left.at(-1) ?? '',
    message: `After rollback the migration table still has ${left.join(', ')}; the migrator reported no error.`,
    remedy: 'Give every migration a down. Kysely stops at one that has none, and reports it as not executed.',
    evidence: { direction: 'down' },
  }
}
