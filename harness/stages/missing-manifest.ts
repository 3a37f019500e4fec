import type { BackupFacts, BackupFile } from '../backups/backup-format.ts'
import type { Finding } from '../rehearsal.ts'

/** The warning that damage in the files of a base backup may go unseen. */
export function missingManifest({ path }: BackupFile, { physical }: BackupFacts): Finding[] {
  if (physical?.manifest !== 'missing') return []
  const message = 'The base backup has no manifest, so that damage in its files may not be seen.'
  const remedy = 'Keep the backup_manifest that pg_basebackup writes with the backup.'
  return [{ id: 'missing-manifest', severity: 'warning', subject: path, message, remedy }]
}
