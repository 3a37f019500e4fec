import { commandLabel } from '../migrator/command-label.ts'
import type { Plan } from '../plan.ts'
import type { Finding } from '../rehearsal.ts'

/** A pending migration that cannot be rolled back. */
export function missingDown(migration: string): Finding {
  return {
    id: 'missing-down',
    severity: 'error',
    subject: migration,
    message: 'The migration has no down, so it cannot be rolled back: Kysely skips it without an error.',
    remedy: 'Write a down that brings the old state back, and rehearse it.',
    evidence: { migration, direction: 'down' },
  }
}

/** A command that applies migrations, and none that takes them down again: rollback is not rehearsed. */
export function missingRollbackCommand({ migrate: { command, rollbackCommand } }: Plan): Finding[] {
  if (command === undefined || rollbackCommand !== undefined) return []
  return [
    {
      id: 'missing-rollback-command',
      severity: 'unverified',
      subject: commandLabel(command),
      message: 'There is no command that takes the migrations down again, so rollback was not rehearsed.',
      remedy:
        'Set `migrate.rollbackCommand` (--rollback-command) to what you would run, such as `knex migrate:rollback --all` or psql with a file.',
      evidence: { direction: 'down' },
    },
  ]
}
