import { commandLabel } from '../migrator/command-label.ts'
import { migratorFindings } from '../migrator/findings.ts'
import type { Finding } from '../rehearsal.ts'
import { count, duration } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Restored } from './restore.ts'
import type { Given } from './given.ts'
import { leftovers } from './leftovers.ts'
import type { RolledBack } from './rollback.ts'
import { refusedStatements, traceMigrator } from './trace-migrator.ts'

/** Takes down what the plan's command applied with its rollback command, once; without one nothing is attempted. */
export async function rollbackByCommand(
  given: Given,
  restored: Restored,
  applied: readonly string[],
  progress: Progress,
): Promise<StageOutput<RolledBack>> {
  const { rollbackCommand } = given.plan.migrate
  if (rollbackCommand === undefined) {
    return {
      facts: { attempted: false, runs: [], complete: false, trace: null },
      summary: 'nothing was taken down, as there is no rollback command',
    }
  }
  const label = commandLabel(rollbackCommand)
  progress(label)
  const request = { operation: 'down', steps: applied.length } as const
  const trace = await traceMigrator(given, request, restored.server.connection(restored.database), progress)
  const { outcome, command, statements, runs } = trace
  const complete = outcome.error === null && outcome.ended === 'done'
  const left = applied.filter((name) => command?.record.includes(name) ?? false)
  const spentMs = runs.reduce((sum, run) => sum + run.durationMs, 0)
  return {
    facts: { attempted: true, runs, complete, trace },
    findings: [
      ...migratorFindings(outcome, 'down', refusedStatements(statements)),
      ...(complete && statements.length === 0 ? [unseen(label)] : []),
      ...(await leftovers(restored)),
      ...(complete && left.length > 0 ? [stillRecorded(left, applied)] : []),
    ],
    summary: `${label}: ${complete ? 'done' : 'failed'} in ${duration(spentMs)}`,
  }
}

function unseen(label: string): Finding {
  return {
    id: 'migrator-unseen',
    severity: 'unverified',
    subject: label,
    message: 'The rollback command succeeded without sending a statement to the copy.',
    remedy: 'Let it connect to DATABASE_URL (or PGHOST and the like), over TCP and without TLS.',
    evidence: { direction: 'down' },
  }
}

/** All left: the command is none of the migrator's own, as with Prisma. Some left: it did half the work. */
function stillRecorded(left: readonly string[], applied: readonly string[]): Finding {
  const partly = left.length < applied.length
  return {
    id: partly ? 'rollback-incomplete' : 'migration-record-left',
    severity: partly ? 'error' : 'warning',
    subject: left.at(-1) ?? '',
    message: `After rollback the migrator's own table still has ${count(left.length, 'migration')} of ${applied.length}: ${left.join(', ')}.`,
    remedy: partly
      ? 'Take all of them down in the rollback command, such as `knex migrate:rollback --all`.'
      : 'Mark them as rolled back in the rollback command as well (`prisma migrate resolve --rolled-back NAME`), or the next deployment skips them.',
    evidence: { direction: 'down' },
  }
}
