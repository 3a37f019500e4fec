import type { Finding } from '../../rehearsal.ts'

/** What wrote left every table as it was, so that nothing is known about new writes. */
export const noNewWrites: Finding = {
  id: 'no-new-writes',
  severity: 'unverified',
  subject: 'new writes',
  message: 'Nothing was written with the new schema, so what a rollback makes of new rows is not known.',
  remedy:
    'Let a spec write through the app in phase `migrated`, or set newWrites to SQL that writes as it will.',
}

/** What was to write failed. */
export function notWritten(problem: string): Finding {
  return {
    id: 'new-writes-failed',
    severity: 'unverified',
    subject: 'new writes',
    message: `Writing with the new schema failed, so what a rollback makes of new rows is not known: ${problem}`,
    remedy: 'Mend the specs, or the SQL in newWrites.',
  }
}

/** A rollback that works, but no longer once the new release has written. */
export function rollbackBlocked(told: readonly Finding[]): Finding[] {
  return told.map((finding) =>
    finding.severity === 'error'
      ? {
          ...finding,
          id: 'rollback-blocked-by-new-writes',
          message: `Without new writes the rollback works; with them ${finding.message}`,
          remedy:
            'Let down move or convert what the old schema cannot hold, or say that there is no way back by then.',
        }
      : finding,
  )
}
