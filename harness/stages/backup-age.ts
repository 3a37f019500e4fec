import type { BackupFacts, BackupFile } from '../backups/backup-format.ts'
import type { Plan } from '../plan.ts'
import type { Finding } from '../rehearsal.ts'

/**
 * When a backup was made: by its manifest, else by its own head, read as this machine's local time because dumps do
 * not say which it is, else by the date of its file. Null when nothing tells.
 */
export function knownMadeAt(
  { writtenAt }: Pick<BackupFile, 'writtenAt'>,
  { createdAt, manifest }: Pick<BackupFacts, 'createdAt' | 'manifest'>,
): Date | null {
  const own = manifest?.startedAt ?? createdAt?.replace(' ', 'T')
  return own === undefined ? writtenAt : new Date(own)
}

/** The same; where nothing tells it counts as made now, which `unknownAge` says where it matters. */
export function madeAt(
  file: Pick<BackupFile, 'writtenAt'>,
  facts: Pick<BackupFacts, 'createdAt' | 'manifest'>,
): Date {
  return knownMadeAt(file, facts) ?? new Date()
}

/** The findings for a backup that is older than it may be, or may be so. */
export function staleBackup(
  file: Pick<BackupFile, 'path' | 'writtenAt'>,
  { createdAt, manifest }: Pick<BackupFacts, 'createdAt' | 'manifest'>,
  { maxAgeMs, gate }: Pick<Plan, 'maxAgeMs'> & { readonly gate?: Pick<Plan['gate'], 'maxAgeMs'> },
): Finding[] {
  const made = knownMadeAt(file, { createdAt, manifest })
  if (made === null) return maxAgeMs === undefined && gate?.maxAgeMs === undefined ? [] : [unknownAge(file)]
  if (maxAgeMs === undefined) return []
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

function unknownAge({ path }: Pick<BackupFile, 'path'>): Finding {
  return {
    id: 'backup-age-unknown',
    severity: 'unverified',
    subject: path,
    message: 'Nothing says when the backup was made, so that it may be older than it may (max-age).',
    remedy: 'Have the command write a format that has a date: pg_dump -Fc, or plain SQL with --verbose.',
  }
}
