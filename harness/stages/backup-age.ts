import { stat } from 'node:fs/promises'
import type { BackupFacts, BackupFile } from '../backups/backup-format.ts'
import type { Finding } from '../rehearsal.ts'

/**
 * The finding for a backup that is older than it may be. Its age is that of its manifest, else of its own head, read as this machine's
 * local time because dumps do not say which it is, else that of the file.
 */
export async function staleBackup(
  file: BackupFile,
  { createdAt, manifest }: BackupFacts,
  maxAgeMs: number | undefined,
): Promise<Finding[]> {
  if (maxAgeMs === undefined) return []
  const own = manifest?.startedAt ?? createdAt?.replace(' ', 'T')
  const made = own === undefined ? (await stat(file.path)).mtime : new Date(own)
  const ageMs = Date.now() - made.getTime()
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
