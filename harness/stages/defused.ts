import type { BackupFile } from '../backups/backup-format.ts'
import type { Finding } from '../rehearsal.ts'
import { count } from '../reports/text.ts'

/** What the copy would have done in production's name. */
export function defusedFinding({ path }: BackupFile, details: readonly string[]): Finding[] {
  if (details.length === 0) return []
  const message = `The copy cannot act as production: ${count(details.length, 'object')} that would reach other servers ${details.length === 1 ? 'was' : 'were'} defused.`
  return [{ id: 'defused', severity: 'notice', subject: path, message, evidence: { details } }]
}
