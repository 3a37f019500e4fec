import { carryOverRoles, carryOverSettings } from '../backups/carry-over.ts'
import { createRoles } from '../backups/create-roles.ts'
import { defuse } from '../backups/defuse.ts'
import { settle, withFastLoad } from '../backups/fast-load.ts'
import type { BackupFile, RestoreMessage, RestoreOutcome } from '../backups/backup-format.ts'
import type { Finding } from '../rehearsal.ts'
import { bytes, count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import type { PreparedBackup } from './preflight.ts'
import { proveRestore } from './prove-restore.ts'
import { pristineName, type Provisioned } from './provision.ts'

/**
 * Restores the backup with its roles, owners and grants, and keeps a pristine copy of it. What was lost on the
 * way is a finding that cannot pass.
 */
export async function restore(
  { file, format, facts }: PreparedBackup,
  { server, database }: Provisioned,
  { plan, signal }: Pick<Given, 'plan' | 'signal'>,
  progress: Progress,
): Promise<StageOutput<RestoreOutcome>> {
  const roles = await carryOverRoles(server, facts)
  await createRoles(server, facts.roles)
  const { outcome, settings, defused, proof } = await withFastLoad(server, async () => {
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
    const known = outcome.messages.filter(({ kind }) => kind === 'degraded').map(({ text }) => text)
    const proof = await proveRestore(
      server.connection(database),
      facts,
      { check: plan.amcheck, known },
      progress,
    )
    progress('vacuum and analyze')
    await settle(server, database)
    progress('keeping a pristine copy')
    await server.cloneDatabase(database, pristineName(database))
    return { outcome, settings, defused, proof }
  })
  const degraded = [...roles, ...outcome.messages, ...settings].filter(
    (message) => message.kind === 'degraded',
  )
  return {
    facts: outcome,
    summary: `${outcome.method}: ${count(facts.tables.length, 'table')}, ${bytes(file.bytes)}${degraded.length === 0 ? '' : `, ${count(degraded.length, 'object')} lost`}; ${proof.summary}`,
    findings: [
      ...degraded.map((message) => lost(file, message)),
      ...proof.findings,
      ...defusedFinding(file, defused),
    ],
  }
}

function lost({ path }: BackupFile, { text }: RestoreMessage): Finding {
  return {
    id: 'degraded-restore',
    severity: 'unverified',
    subject: path,
    message: `The copy lacks something that the backup holds: ${text}`,
    remedy: 'Make the backup restore whole (roles, extensions, versions), then rehearse again.',
  }
}

/** What the copy would have done in production's name. */
function defusedFinding({ path }: BackupFile, details: readonly string[]): Finding[] {
  if (details.length === 0) return []
  const message = `The copy cannot act as production: ${count(details.length, 'object')} that would reach other servers ${details.length === 1 ? 'was' : 'were'} defused.`
  return [{ id: 'defused', severity: 'notice', subject: path, message, evidence: { details } }]
}
