import { stat } from 'node:fs/promises'
import type { BackupFacts, BackupFile } from '../backups/backup-format.ts'
import type { Finding } from '../rehearsal.ts'

/** When a backup was made: by its own head, read as this machine's local time, else by the date of its file. */
export async function madeAt(file: BackupFile, { createdAt }: Pick<BackupFacts, 'createdAt'>): Promise<Date> {
  return createdAt === null ? (await stat(file.path)).mtime : new Date(createdAt.replace(' ', 'T'))
}

/**
 * The finding for a backup that is older than it may be. Its age is that of its own head, read as this machine's
 * local time because dumps do not say which it is, else that of the file.
 */
export async function staleBackup(
  file: BackupFile,
  { createdAt }: BackupFacts,
  maxAgeMs: number | undefined,
): Promise<Finding[]> {
  if (maxAgeMs === undefined) return []
  const ageMs = Date.now() - (await madeAt(file, { createdAt })).getTime()
  if (ageMs <= maxAgeMs) return []
  const hours = (ms: number): string => `${(ms / 3_600_000).toFixed(1)} hours`
  const source = createdAt === null ? 'by the date of its file' : 'by its own date'
  return [
    {
      id: 'backup-stale',
      severity: 'error',
      subject: file.path,
      message: `The backup is ${hours(ageMs)} old ${source}; it may be ${hours(maxAgeMs)} (--max-age).`,
      remedy: 'See why the backup job did not run, or did not arrive here.',
    },
  ]
}
