import type { Plan } from './plan.ts'
import { describeLocale } from './postgres/database-locale.ts'
import type { BackupSummary } from './rehearsal.ts'
import { shortPath } from './short-path.ts'
import { madeAt } from './stages/backup-age.ts'
import type { PreparedBackup } from './stages/prepare-backup.ts'

/** What a report says of a backup. */
export function backupSummary(
  { cwd, source }: Plan,
  { file, facts }: Pick<PreparedBackup, 'file' | 'facts'>,
): BackupSummary {
  const { format, compression, bytes, sha256, serverVersion, dumpVersion, database } = facts
  const { formatVersion, encoding, systemIdentifier } = facts
  const path = source === undefined ? shortPath(cwd, file.path) : source.name
  const made = madeAt(file, facts).toISOString()
  return {
    path,
    format,
    formatVersion,
    compression,
    bytes,
    sha256,
    madeAt: made,
    serverVersion,
    dumpVersion,
    database,
    encoding,
    systemIdentifier,
    locale: facts.locale === null ? null : describeLocale(facts.locale),
  }
}
