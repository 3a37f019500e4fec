import { stat } from 'node:fs/promises'
import type { BackupFacts, BackupFile } from '../backups/backup-format.ts'
import type { Finding } from '../rehearsal.ts'

/**
 * When a backup was made: by its manifest, else by its own head, read as this machine's local time because dumps do
 * not say which it is, else by the date of its file.
 */
export async function madeAt(
  file: Pick<BackupFile, 'path'>,
  { createdAt, manifest }: Pick<BackupFacts, 'createdAt' | 'manifest'>,
): Promise<Date> {
  const own = manifest?.startedAt ?? createdAt?.replace(' ', 'T')
  return own === undefined ? (await stat(file.path)).mtime : new Date(own)
}

/** The finding for a backup that is older than it may be. */
export async function staleBackup(
  file: BackupFile,
  { createdAt, manifest }: BackupFacts,
  maxAgeMs: number | undefined,
): Promise<Finding[]> {
  if (maxAgeMs === undefined) return []
  const ageMs = Date.now() - (await madeAt(file, { createdAt, manifest })).getTime()
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
