import { carryOverRoles, carryOverSettings } from '../backups/carry-over.ts'
import { createRoles } from '../backups/create-roles.ts'
import { defuse } from '../backups/defuse.ts'
import { settle, withFastLoad } from '../backups/fast-load.ts'
import type { BackupFile } from '../backups/backup-format.ts'
import type { Finding } from '../rehearsal.ts'
import { bytes, count } from '../reports/text.ts'
import type { Progress } from '../stage.ts'
import { defusedFinding } from './defused.ts'
import { keepPristine, type Brought } from './pristine.ts'
import type { PreparedBackup } from './preflight.ts'
import type { Provisioned } from './provision.ts'

/**
 * Restores the backup with its roles, owners and grants, makes it harmless, and keeps a pristine copy of it where
 * that is the way to have one. What was lost is a finding that cannot pass.
 */
export async function load(
  { file, format, facts }: PreparedBackup,
  { server, database }: Provisioned,
  signal: AbortSignal,
  progress: Progress,
  { copyAtMostBytes }: { copyAtMostBytes: number },
): Promise<Brought> {
  const roles = await carryOverRoles(server, facts)
  await createRoles(server, facts.roles)
  return await withFastLoad(server, async () => {
    const outcome = await format.restore({
      file,
      facts,
      server,
      database,
      signal,
      onProgress: (read) => progress(`${bytes(read)} of ${bytes(file.bytes)}`),
    })
    const settings = await carryOverSettings(server, database, facts)
    const defused = await defuse(server.connection(database))
    progress('vacuum and analyze')
    await settle(server, database)
    const pristine = await keepPristine(server, database, copyAtMostBytes, progress)
    const degraded = [...roles, ...outcome.messages, ...settings].filter(({ kind }) => kind === 'degraded')
    const lost = degraded.length === 0 ? '' : `, ${count(degraded.length, 'object')} lost`
    return {
      pristine,
      summary: `${outcome.method}: ${count(facts.tables.length, 'table')}, ${bytes(file.bytes)}${lost}`,
      findings: [...degraded.map(({ text }) => lostFinding(file, text)), ...defusedFinding(file, defused)],
    }
  })
}

function lostFinding({ path }: BackupFile, text: string): Finding {
  return {
    id: 'degraded-restore',
    severity: 'unverified',
    subject: path,
    message: `The copy lacks something that the backup holds: ${text}`,
    remedy: 'Make the backup restore whole (roles, extensions, versions), then rehearse again.',
  }
}
