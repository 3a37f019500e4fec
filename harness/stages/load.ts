import { carryOverRoles, carryOverSettings } from '../backups/carry-over.ts'
import { createRoles } from '../backups/create-roles.ts'
import { createTablespaces } from '../backups/create-tablespaces.ts'
import { defuse, reachingExtensions } from '../backups/defuse.ts'
import { requireExtensions } from '../backups/extensions.ts'
import { settle, withFastLoad } from '../backups/fast-load.ts'
import type { BackupFile } from '../backups/backup-format.ts'
import type { Finding } from '../rehearsal.ts'
import { bytes, count } from '../reports/text.ts'
import type { Progress } from '../stage.ts'
import type { Given } from './given.ts'
import { maskRestored } from './mask.ts'
import { defusedFinding } from './defused.ts'
import { keepPristine, type Brought } from './pristine.ts'
import type { PreparedBackup } from './prepare-backup.ts'
import { proveRestore } from './prove-restore.ts'
import type { Provisioned } from './provision.ts'

/**
 * Restores the backup with its roles, owners and grants, makes it harmless, and keeps a pristine copy of it where
 * that is the way to have one. What was lost is a finding that cannot pass.
 */
export async function load(
  { plan, signal }: Pick<Given, 'plan' | 'signal'>,
  { file, format, facts }: PreparedBackup,
  { server, database }: Provisioned,
  progress: Progress,
  { copyAtMostBytes }: { copyAtMostBytes: number },
): Promise<Brought> {
  await requireExtensions(server, facts.extensions)
  const roles = await carryOverRoles(server, facts)
  await createRoles(server, facts.roles)
  const tablespaces = await createTablespaces(server, facts.tablespaces)
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
    const known = outcome.messages.filter(({ kind }) => kind === 'degraded').map(({ text }) => text)
    const reaching = await reachingExtensions(server.connection(database))
    const proof = await proveRestore(
      server.connection(database),
      facts,
      { check: plan.amcheck, known },
      progress,
    )
    const masked = await maskRestored(plan.masking, server.connection(database), file, progress)
    progress('vacuum and analyze')
    await settle(server, database)
    const pristine = await keepPristine(server, database, copyAtMostBytes, progress)
    const degraded = [...roles, ...outcome.messages, ...settings].filter(({ kind }) => kind === 'degraded')
    const lost = degraded.length === 0 ? '' : `, ${count(degraded.length, 'object')} lost`
    return {
      pristine,
      summary: `${outcome.method}: ${count(facts.tables.length, 'table')}, ${bytes(file.bytes)}${lost}; ${proof.summary}`,
      masking: masked.masking,
      findings: [
        ...degraded.map(({ text }) => lostFinding(file, text)),
        ...proof.findings,
        ...tablespaceFinding(file, tablespaces),
        ...defusedFinding(file, defused),
        ...reachingFinding(file, server.egress.blocked ? [] : reaching),
        ...masked.findings,
      ],
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
