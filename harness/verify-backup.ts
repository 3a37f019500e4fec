import type { PreparedBackup } from './stages/prepare-backup.ts'
import { now } from './clock.ts'
import type { Plan } from './plan.ts'
import { backupSummary } from './backup-summary.ts'
import type { RehearseOptions } from './rehearse.ts'
import { openJournal, runPipeline, type Journal } from './stage.ts'
import { describeRestored } from './stages/baseline.ts'
import type { Given } from './stages/given.ts'
import { preflightBackup } from './stages/preflight-backup.ts'
import { provision, type ServerKeeping } from './stages/provision.ts'
import { restore } from './stages/restore.ts'
import {
  summaryOfVerification,
  verdictOfVerification,
  verificationStages,
  type BackupVerification,
} from './verification.ts'
import { version } from './version.ts'
import { withRun } from './with-run.ts'

type Learned = Pick<BackupVerification, 'engine' | 'backup' | 'tables' | 'limits'>

/**
 * Restores `plan.backup`, proves the copy and removes all that it started; no migration, spec or rollback. Never
 * throws for what the backup is: that is in the returned verification, from which secrets are redacted.
 */
export async function verifyBackup(plan: Plan, options: RehearseOptions): Promise<BackupVerification> {
  const { observe, signal, redactor } = options
  const beganAt = now()
  const startedAt = new Date(beganAt)
  const journal = openJournal(observe, signal, beganAt)
  let learned: Learned = { engine: null, backup: null, tables: [], limits: [] }
  const learn = (facts: Partial<Learned>) => void (learned = { ...learned, ...facts })
  const id = await withRun(plan, options, async (run, keeping) => {
    const given = { plan: { ...plan, masking: unmasked }, run, signal, beganAt }
    await runPipeline(journal, verificationStages, () => runStages(given, journal, keeping, learn))
    return run.id
  })
  const facts = {
    schemaVersion: 1,
    kind: 'backup-verification',
    tool: { name: 'pg-rehearsal', version },
    id,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    ...learned,
    stages: journal.stages,
    findings: journal.findings,
  } as const
  const verdict = verdictOfVerification(facts)
  return redactor.deep({ ...facts, verdict, summary: summaryOfVerification({ ...facts, verdict }) })
}

/** What the backup holds is compared with what it says. */
const unmasked = { rules: {}, required: false, salt: undefined, off: true } as const

async function runStages(
  given: Given,
  journal: Journal,
  keeping: ServerKeeping,
  learn: (facts: Partial<Learned>) => void,
): Promise<void> {
  const { plan } = given
  const prepared = await journal.run('preflight', (progress) => preflightBackup(given, progress))
  const { facts, reason } = prepared
  const summary = backupSummary(plan, prepared)
  const hasManifest = facts.manifest !== null
  learn({ backup: { ...summary, createdAt: facts.createdAt, hasManifest }, limits: limitsOf(plan, prepared) })
  for (const line of await prepared.engine.sweep({ serverUrl: plan.serverUrl, kept: false }))
    keeping.observe({ kind: 'note', text: line })
  const provisioned = await journal.run('provision', (progress) =>
    provision(given, prepared, keeping, progress),
  )
  const { engine, version: serverVersion, image } = provisioned.server
  learn({ engine: { name: engine, reason, serverVersion, image } })
  const restored = await journal.run('restore', (progress) =>
    restore(given, prepared, provisioned, keeping, progress),
  )
  const { tables } = await journal.run('baseline', (progress) =>
    describeRestored(restored, [], facts.contents, progress),
  )
  learn({ tables: tables.map(({ name, rows, bytes }) => ({ name, rows, bytes })) })
}

/** What the backup itself leaves open. */
function limitsOf({ amcheck }: Plan, { facts: { contents, tables } }: PreparedBackup): string[] {
  const counted = tables.filter((table) => table in contents.rows).length
  return [
    ...(contents.source === 'none'
      ? [
          'The backup is SQL that pg_dump did not write: only its tables could be looked for, not every object.',
        ]
      : []),
    ...(counted < tables.length
      ? [
          `The backup does not tell how many rows ${tables.length - counted} of its ${tables.length} tables have, so that could not be compared.`,
        ]
      : []),
    ...(amcheck ? [] : ['Tables and indexes were not checked for damage (--amcheck checks them).']),
  ]
}
