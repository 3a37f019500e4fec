import type { Recovery } from '../rehearsal.ts'
import { madeAt } from './backup-age.ts'
import type { PreparedBackup } from './prepare-backup.ts'

/**
 * How long it took here to get everything back from the backup, now or when its snapshot was made, and how much newer
 * production is by now.
 */
export function recoveryOf(
  { file, facts }: Pick<PreparedBackup, 'file' | 'facts'>,
  restoreMs: number,
): Recovery {
  const ageMs = Date.now() - madeAt(file, facts).getTime()
  return { restoreMs, backupBytes: file.bytes, backupAgeMs: ageMs < 0 ? null : Math.round(ageMs) }
}
