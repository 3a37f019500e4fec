import { rm } from 'node:fs/promises'
import type { BackupFacts } from './backups/backup-format.ts'
import { findMigrationFiles } from './migrator/migration-files.ts'
import type { Plan } from './plan.ts'
import { parseUrl } from './postgres/url.ts'
import type { Redactor } from './redact.ts'
import {
  coreStageNames,
  questionNames,
  verdictOf,
  type BackupSummary,
  type QuestionName,
  type Rehearsal,
} from './rehearsal.ts'
import { shortPath } from './short-path.ts'
import { openRun } from './runs/open-run.ts'
import { sweepRuns } from './runs/sweep.ts'
import { templateClones } from './clones/template-clones.ts'
import { PipelineEnded, openJournal, type Journal, type Observer } from './stage.ts'
import { baseline } from './stages/baseline.ts'
import type { Given } from './stages/given.ts'
import { locks } from './stages/locks.ts'
import { migrate } from './stages/migrate.ts'
import { preflight, sourceBackup } from './stages/preflight.ts'
import { provision } from './stages/provision.ts'
import { restore } from './stages/restore.ts'
import { rollback } from './stages/rollback.ts'
import { smoke } from './stages/smoke.ts'
import { verifyData } from './stages/verify-data.ts'
import { verifyRollback } from './stages/verify-rollback.ts'
import { summaryOf } from './summary.ts'
import { createTeardown, type Teardown } from './teardown.ts'
import { version } from './version.ts'

export interface RehearseOptions {
  /** Hears stages begin, go on and end. */
  readonly observe: Observer
  /** Ends the rehearsal early, with a HarnessError as its reason; everything is still removed. */
  readonly signal: AbortSignal
  /** Learns the secrets that come up on the way. */
  readonly redactor: Redactor
}

/** What the stages have learned so far, as the rehearsal will record it. */
type Learned = Pick<
  Rehearsal,
  | 'engine'
  | 'backup'
  | 'pending'
  | 'migrationFiles'
  | 'migrations'
  | 'statements'
  | 'tables'
  | 'specs'
  | 'limits'
>
type Learn = (facts: Partial<Learned>) => void

/**
 * Rehearses `plan` from backup to verdict and removes all that it started. Never throws for what the backup,
 * the migrations or the app do: that is in the returned rehearsal, from which secrets are redacted.
 */
export async function rehearse(
  plan: Plan,
  { observe, signal, redactor }: RehearseOptions,
): Promise<Rehearsal> {
  for (const url of [...Object.values(plan.protectedUrls), plan.serverUrl ?? '']) {
    redactor.add(parseUrl(url)?.password ?? '')
  }
  const startedAt = new Date()
  const journal = openJournal(observe, signal)
  const teardown = createTeardown()
  const run = await openRun()
  teardown.defer('the scratch directory', () => run.dispose())
  let learned: Learned = {
    engine: null,
    backup: null,
    pending: null,
    migrationFiles: [],
    migrations: [],
    statements: [],
    tables: [],
    specs: [],
    limits,
  }
  try {
    for (const line of await sweepRuns({ kept: false })) observe({ kind: 'note', text: line })
    const learn: Learn = (facts) => void (learned = { ...learned, ...facts })
    await runStages({ plan, run, signal }, journal, { teardown, redactor, observe, learn })
  } catch (error) {
    if (!(error instanceof PipelineEnded)) throw error
    const reason = `not reached, as ${journal.stages.at(-1)?.name ?? 'the start'} did not complete`
    for (const name of [...coreStageNames, ...plan.questions].slice(journal.stages.length)) {
      journal.skip(name, reason)
    }
  } finally {
    for (const problem of await teardown.run()) observe({ kind: 'note', text: problem })
  }
  const rehearsal = {
    schemaVersion: 1,
    tool: { name: 'pg-rehearsal', version },
    id: run.id,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    questions: plan.questions,
    summary: '',
    ...learned,
    limits: [...learned.limits, ...notAsked(plan.questions)],
    stages: journal.stages,
    findings: journal.findings,
  } as const
  const verdict = verdictOf(rehearsal)
  return redactor.deep({ ...rehearsal, verdict, summary: summaryOf({ ...rehearsal, verdict }) })
}

function notAsked(questions: readonly QuestionName[]): string[] {
  const missing = questionNames.filter((name) => !questions.includes(name))
  return missing.length === 0 ? [] : [`Not asked, so not known: ${missing.join(', ')} (--ask all asks).`]
}

/** True of every rehearsal for now; a report that left them out would claim more than was measured. */
const limits = [
  'Times are those of this machine, on a freshly restored copy with a warm cache and no bloat; production may take longer.',
  'No other client was connected, so waiting for locks, and what clients would feel, was not measured.',
]

const lockLimit =
  'Locks, rewrites and scans were read in a second run on a copy of its own; their times are those of the first.'

async function runStages(
  given: Given,
  journal: Journal,
  {
    teardown,
    redactor,
    observe,
    learn,
  }: { teardown: Teardown; redactor: Redactor; observe: Observer; learn: Learn },
): Promise<void> {
  const { plan } = given
  // Also with --keep: production's data stays nowhere but in the databases that are kept.
  if (plan.source !== undefined)
    teardown.defer('the backup of the source', () =>
      rm(sourceBackup(given), { recursive: true, force: true }),
    )
  const prepared = await journal.run('preflight', (progress) => preflight(given, progress))
  const path = plan.source === undefined ? shortPath(plan.cwd, prepared.file.path) : plan.source.name
  learn({ backup: backupSummary(path, prepared.facts) })
  const names = prepared.listed.map(({ name }) => name)
  learn({ migrationFiles: await findMigrationFiles(plan.migrations, names, plan.cwd) })
  for (const line of await prepared.engine.sweep({ serverUrl: plan.serverUrl, kept: false })) {
    observe({ kind: 'note', text: line })
  }
  const provisioned = await journal.run('provision', (progress) =>
    provision(given, prepared, { teardown, redactor, observe }, progress),
  )
  const { server } = provisioned
  const { engine, version: serverVersion, image } = server
  learn({ engine: { name: engine, reason: prepared.reason, serverVersion, image } })
  await journal.run('restore', (progress) => restore(prepared, provisioned, given, progress))
  const before = await journal.run('baseline', (progress) =>
    baseline(provisioned, prepared.table, prepared.facts.contents, progress),
  )
  learn({ tables: before.tables.map(({ name, rows, bytes }) => ({ name, rows, bytes })) })
  const migrated = await journal.run('migrate', (progress) => migrate(given, prepared, provisioned, progress))
  learn({ pending: migrated.pending, migrations: migrated.runs })
  await journal.run('verify-data', (progress) => verifyData(plan, provisioned, before, progress))
  const specs = []
  if (migrated.complete) {
    specs.push(
      await journal.run('smoke', (progress) => smoke(given, provisioned, prepared.specFiles, progress)),
    )
    learn({ specs: specs.filter((pass) => pass !== null) })
  } else {
    journal.skip('smoke', 'the schema that the specs are for is not there, as migrating did not succeed')
  }
  const rolledBack = await journal.run('rollback', (progress) =>
    rollback(given, prepared, provisioned, migrated, progress),
  )
  learn({ migrations: [...migrated.runs, ...rolledBack.runs] })
  const last = await journal.run('verify-rollback', (progress) =>
    verifyRollback(given, provisioned, before, prepared.specFiles, progress),
  )
  learn({ specs: [...specs, last].filter((pass) => pass !== null) })
  const clones = templateClones(server, before.pristine)
  const asked = (name: QuestionName) => plan.questions.includes(name)
  if (asked('locks')) {
    const statements = await journal.run('locks', (progress) =>
      locks(given, clones, { migrated, rolledBack }, progress),
    )
    learn({ statements, limits: [...limits, lockLimit] })
  }
}

/** What a report says of a backup. */
export function backupSummary(path: string, facts: BackupFacts): BackupSummary {
  const { format, compression, bytes, sha256, serverVersion, dumpVersion, database } = facts
  return { path, format, compression, bytes, sha256, serverVersion, dumpVersion, database }
}
