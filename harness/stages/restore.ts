import { carryOverRoles, carryOverSettings } from '../backups/carry-over.ts'
import { createRoles } from '../backups/create-roles.ts'
import { settle, withFastLoad } from '../backups/fast-load.ts'
import type { RestoreOutcome } from '../backups/backup-format.ts'
import type { Finding } from '../rehearsal.ts'
import { bytes, count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Prepared } from './preflight.ts'
import { pristineName, type Provisioned } from './provision.ts'

/**
 * Restores the backup with its roles, owners and grants, and keeps a pristine copy of it. What was lost on the
 * way is a finding that cannot pass.
 */
export async function restore(
  { file, format, facts }: Prepared,
  { server, database }: Provisioned,
  signal: AbortSignal,
  progress: Progress,
): Promise<StageOutput<RestoreOutcome>> {
  const roles = await carryOverRoles(server, facts)
  await createRoles(server, facts.roles)
  let settings: RestoreOutcome['messages'] = []
  const outcome = await withFastLoad(server, async () => {
    const restored = await format.restore({
      file,
      facts,
      server,
      database,
      signal,
      onProgress: (read) => progress(`${bytes(read)} of ${bytes(file.bytes)}`),
    })
    settings = await carryOverSettings(server, database, facts)
    progress('vacuum and analyze')
    await settle(server, database)
    progress('keeping a pristine copy')
    await server.cloneDatabase(database, pristineName(database))
    return restored
  })
  const degraded = [...roles, ...outcome.messages, ...settings].filter(
    (message) => message.kind === 'degraded',
  )
  return {
    facts: outcome,
    summary: `${outcome.method}: ${count(facts.tables.length, 'table')}, ${bytes(file.bytes)}${degraded.length === 0 ? '' : `, ${count(degraded.length, 'object')} lost`}`,
    findings: degraded.map((message): Finding => ({
      id: 'degraded-restore',
      severity: 'unverified',
      subject: file.path,
      message: `The copy lacks something that the backup holds: ${message.text}`,
      remedy: 'Make the backup restore whole (roles, extensions, versions), then rehearse again.',
    })),
  }
}
