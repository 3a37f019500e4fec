import { carryOverRoles, carryOverSettings } from '../backups/carry-over.ts'
import { createRoles } from '../backups/create-roles.ts'
import { createTablespaces } from '../backups/create-tablespaces.ts'
import { defuse, reachingExtensions } from '../backups/defuse.ts'
import { requireExtensions } from '../backups/extensions.ts'
import { settle, withFastLoad } from '../backups/fast-load.ts'
import type { BackupFile, RestoreMessage, RestoreOutcome } from '../backups/backup-format.ts'
import type { Finding, MaskedTable } from '../rehearsal.ts'
import { bytes, count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { maskRestored } from './mask.ts'
import type { Prepared } from './preflight.ts'
import { pristineName, type Provisioned } from './provision.ts'

/** What came of restoring. */
export interface Restored extends RestoreOutcome {
  readonly masking: readonly MaskedTable[]
}

/**
 * Restores the backup with its roles, owners and grants, masks it, and keeps a pristine copy of it. What was lost on the
 * way is a finding that cannot pass.
 */
export async function restore(
  { plan, signal }: Given,
  { file, format, facts }: Prepared,
  { server, database }: Provisioned,
  progress: Progress,
): Promise<StageOutput<Restored>> {
  await requireExtensions(server, facts.extensions)
  const roles = await carryOverRoles(server, facts)
  await createRoles(server, facts.roles)
  const tablespaces = await createTablespaces(server, facts.tablespaces)
  const { outcome, settings, defused, reaching, masked } = await withFastLoad(server, async () => {
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
    const reaching = await reachingExtensions(server.connection(database))
    const masked = await maskRestored(plan.masking, server.connection(database), file, progress)
    progress('vacuum and analyze')
    await settle(server, database)
    progress('keeping a pristine copy')
    await server.cloneDatabase(database, pristineName(database))
    return { outcome, settings, defused, reaching, masked }
  })
  const degraded = [...roles, ...outcome.messages, ...settings].filter(
    (message) => message.kind === 'degraded',
  )
  return {
    facts: { ...outcome, masking: masked.masking },
    summary: `${outcome.method}: ${count(facts.tables.length, 'table')}, ${bytes(file.bytes)}${degraded.length === 0 ? '' : `, ${count(degraded.length, 'object')} lost`}`,
    findings: [
      ...degraded.map((message) => lost(file, message)),
      ...tablespaceFinding(file, tablespaces),
      ...defusedFinding(file, defused),
      ...reachingFinding(file, server.egress.blocked ? [] : reaching),
      ...masked.findings,
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

/** They lie elsewhere in production, on other disks perhaps. */
function tablespaceFinding({ path }: BackupFile, names: readonly string[]): Finding[] {
  if (names.length === 0) return []
  const message = `${count(names.length, 'tablespace')} (${names.join(', ')}) ${names.length === 1 ? 'was' : 'were'} made within the server’s own directory, on one disk with everything else.`
  return [{ id: 'tablespaces-in-place', severity: 'notice', subject: path, message }]
}

/** Functions that no option can keep from reaching out. */
function reachingFinding({ path }: BackupFile, extensions: readonly string[]): Finding[] {
  if (extensions.length === 0) return []
  return [
    {
      id: 'egress-possible',
      severity: 'notice',
      subject: path,
      message: `Functions of ${extensions.join(', ')} can reach other servers when a migration, a trigger or the app calls them: this server is not closed off.`,
      remedy: 'Rehearse with --engine docker, whose container can open no connection.',
    },
  ]
}

/** What the copy would have done in production's name. */
function defusedFinding({ path }: BackupFile, details: readonly string[]): Finding[] {
  if (details.length === 0) return []
  const message = `The copy cannot act as production: ${count(details.length, 'object')} that would reach other servers ${details.length === 1 ? 'was' : 'were'} defused.`
  return [{ id: 'defused', severity: 'notice', subject: path, message, evidence: { details } }]
}
