import { rm } from 'node:fs/promises'
import type { BackupFacts } from './backups/backup-format.ts'
import { concluded, recorded } from './against-history.ts'
import { backupSummary } from './backup-summary.ts'
import { now } from './clock.ts'
import { confirmEngine, engineLost } from './engines/docker-client.ts'
import type { Server } from './engines/engine.ts'
import { findMigrationFiles } from './migrator/migration-files.ts'
import { digestSources } from './migrator/source-digests.ts'
import type { Plan } from './plan.ts'
import type { Redactor } from './redact.ts'
import { coreStageNames, questionNames, type QuestionName, type Rehearsal } from './rehearsal.ts'
import { openJournal, runPipeline, type Journal, type Observer } from './stage.ts'
import { baseline } from './stages/baseline.ts'
import type { Given } from './stages/given.ts'
import { migrate } from './stages/migrate.ts'
import { preflight } from './stages/preflight.ts'
import { broughtBackup } from './stages/read-backup.ts'
import { observeStatements } from './stages/locks.ts'
import { provision, type ServerKeeping } from './stages/provision.ts'
import { recoveryOf } from './stages/recovery.ts'
import { restore } from './stages/restore.ts'
import { rollback } from './stages/rollback.ts'
import { samplingLimits } from './stages/sampled.ts'
import { smoke } from './stages/smoke.ts'
import { startEarly } from './stages/start-early.ts'
import { verifyData } from './stages/verify-data.ts'
import { sparesFor } from './stages/trace-migrator.ts'
import { verifyRollback } from './stages/verify-rollback.ts'
import { alone, askQuestions, type Learn, type Learned } from './ask.ts'
import { version } from './version.ts'
import { withRun } from './with-run.ts'

export interface RehearseOptions {
  /** Hears stages begin, go on and end. */
  readonly observe: Observer
  /** Ends the rehearsal early, with a HarnessError as its reason; everything is still removed. */
  readonly signal: AbortSignal
  /** Learns the secrets that come up on the way. */
  readonly redactor: Redactor
  /** Databases up to this size are copied within their server; for tests of the other way. */
  readonly copiedWithinBytes?: number
}

/**
 * Rehearses `plan` from backup to verdict and removes all that it started. Never throws for what the backup,
 * the migrations or the app do: that is in the returned rehearsal, from which secrets are redacted.
 */
export async function rehearse(plan: Plan, options: RehearseOptions): Promise<Rehearsal> {
  const { observe, signal: interrupted, redactor, copiedWithinBytes } = options
  const signal = AbortSignal.any([interrupted, engineLost()])
  const beganAt = now()
  const journal = openJournal(observe, signal, beganAt, confirmEngine)
  let learned: Learned = {
    engine: null,
    backup: null,
    pending: null,
    migrationFiles: [],
    migrationSources: [],
    migrations: [],
    statements: [],
    crashes: [],
    tables: [],
    databaseSize: null,
    specs: [],
    limits: limitsOf(null),
  }
  const learn: Learn = (facts) => void (learned = { ...learned, ...facts })
  const id = await withRun(plan, options, async (run, keeping) => {
    const given = { plan, run, signal, beganAt, copiedWithinBytes }
    await runPipeline(journal, [...coreStageNames, ...plan.questions], () =>
      runStages(given, journal, keeping, learn),
    )
    return run.id
  })
  const rehearsal = await concluded(plan, {
    schemaVersion: 1,
    tool: { name: 'pg-rehearsal', version },
    id,
    startedAt: new Date(beganAt).toISOString(),
    durationMs: Math.round(now() - beganAt),
    questions: plan.questions,
    waivers: plan.hazards.waivers.map(({ subject = null, ...waiver }) => ({ ...waiver, subject })),
    ...learned,
    limits: [
      ...learned.limits,
      ...(plan.migrate.command === undefined ? [] : [commandLimit]),
      ...notAsked(plan.questions),
    ],
    stages: journal.stages,
    findings: journal.findings,
  })
  return redactor.deep(await recorded(plan, redactor.deep(rehearsal)))
}

function notAsked(questions: readonly QuestionName[]): string[] {
  const missing = questionNames.filter((name) => !questions.includes(name))
  return missing.length === 0
    ? []
    : [`Not asked, so not known: ${missing.join(', ')} (--ask all asks what can be).`]
}

/** True of every rehearsal for now; a report that left them out would claim more than was measured. */
const limitsOf = (facts: BackupFacts | null): string[] => [
  `Times are those of this machine, on ${facts?.physical ? 'a copy of production’s files with a warm cache' : 'a freshly restored copy with a warm cache and no bloat'}; production may take longer.`,
  alone,
]

const commandLimit =
  'A command ran the migrations, so queries that nobody awaits, commits within a migration and settings left behind were not looked for.'

/** What is restored was defused all the same, but its own functions, the app and the migrations were not. */
function networkLimit({ egress, remote = [] }: Server): string[] {
  if (egress.blocked) return [...remote]
  return remote.concat(
    `The server was not closed off from the network (${egress.why}): what could be told to reach production was defused, the rest was trusted.`,
  )
}

async function runStages(
  start: Given,
  journal: Journal,
  keeping: ServerKeeping,
  learn: Learn,
): Promise<void> {
  const { plan } = start
  const { teardown, observe } = keeping
  const spares = await sparesFor(start)
  const given: Given = spares === undefined ? start : { ...start, spares }
  teardown.defer('processes that wait for migrations', async () => await spares?.end())
  // Also with --keep: production's data stays nowhere but in the databases that are kept.
  teardown.defer('the backup that was brought here', () =>
    rm(broughtBackup(given), { recursive: true, force: true }),
  )
  let early: ReturnType<typeof startEarly>
  const prepared = await journal.run('preflight', (progress) =>
    preflight(given, progress, (possible) => void (early = startEarly(given, possible, keeping))),
  )
  const limits = limitsOf(prepared.facts)
  const backup = backupSummary(plan, prepared)
  learn({ backup, limits })
  const names = prepared.listed.map(({ name }) => name)
  learn({ migrationFiles: await findMigrationFiles(plan.migrations, names, plan.cwd) })
  learn({ migrationSources: await digestSources(plan.migrations, plan.cwd) })
  for (const line of await prepared.engine.sweep({ serverUrl: plan.serverUrl, kept: false })) {
    observe({ kind: 'note', text: line })
  }
  spares?.prepare()
  const provisioned = await journal.run('provision', (progress) =>
    provision(given, prepared, keeping, progress, early),
  )
  const { engine, version: serverVersion, image } = provisioned.server
  if (prepared.facts.physical) learn({ backup: { ...backup, database: provisioned.database } })
  limits.push(...networkLimit(provisioned.server))
  learn({ engine: { name: engine, reason: prepared.reason, serverVersion, image }, limits })
  const restored = await journal.run('restore', (progress) =>
    restore(given, prepared, provisioned, keeping, progress),
  )
  if (restored.masking.length > 0) learn({ masking: restored.masking })
  learn({ recovery: recoveryOf(prepared, restored.restoreMs) })
  const before = await journal.run('baseline', (progress) => baseline(plan, restored, prepared, progress))
  limits.push(...samplingLimits(before.sampling))
  let dataCompared: Learned['dataCompared'] = { baselineTakenAt: before.takenAt }
  learn({
    limits,
    dataCompared,
    tables: before.tables.map(({ name, rows, bytes }) => ({ name, rows, bytes })),
  })
  const migrated = await journal.run('migrate', (progress) => migrate(given, prepared, restored, progress))
  learn({ pending: migrated.pending, migrations: migrated.runs, databaseSize: migrated.size })
  const looks = plan.questions.includes('locks')
  spares?.prepare(looks ? 3 : 1)
  const afterMigrating = await journal.run('verify-data', (progress) =>
    verifyData(plan, restored, before, progress),
  )
  learn({ dataCompared: (dataCompared = { ...dataCompared, afterMigrating }) })
  const specs = []
  if (migrated.complete) {
    specs.push(await journal.run('smoke', (progress) => smoke(given, restored, prepared.specFiles, progress)))
    learn({ specs: specs.filter((pass) => pass !== null) })
  } else {
    journal.skip('smoke', 'the schema that the specs are for is not there, as migrating did not succeed')
  }
  const rolledBack = await journal.run('rollback', (progress) =>
    rollback(given, prepared, restored, migrated, progress),
  )
  learn({ migrations: [...migrated.runs, ...rolledBack.runs] })
  const observing = looks
    ? observeStatements(given, restored.clones, { migrated, rolledBack }, teardown)
    : undefined
  await observing?.copied
  const passes = [...specs]
  if (rolledBack.attempted) {
    const verified = await journal.run('verify-rollback', (progress) =>
      verifyRollback(given, restored, before, prepared.specFiles, progress),
    )
    passes.push(verified.pass)
    const afterRollback = verified.compared
    learn({ dataCompared: { ...dataCompared, afterRollback }, specs: passes.filter((pass) => pass !== null) })
  } else {
    journal.skip('verify-rollback', 'nothing was taken down, as there is no rollback command')
  }
  const specPasses = passes.filter((pass) => pass !== null)
  const rehearsed = {
    prepared,
    restored,
    before,
    migrated,
    rolledBack,
    observing,
    passes: specPasses,
    limits,
  }
  await askQuestions(given, journal, learn, rehearsed)
}
