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
