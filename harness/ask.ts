import { estimates } from './estimate/estimate.ts'
import { probeLimits } from './probes/limits.ts'
import type { QuestionName, Rehearsal, SpecPass } from './rehearsal.ts'
import type { Journal } from './stage.ts'
import type { Baseline } from './stages/baseline.ts'
import { crashes, type CrashRequest } from './stages/crashes.ts'
import type { Given } from './stages/given.ts'
import { locks, type Observing } from './stages/locks.ts'
import { newWrites } from './stages/new-writes.ts'
import { oldRelease } from './stages/old-release.ts'
import { staircase } from './stages/staircase.ts'
import { twoMigrators } from './stages/two-migrators.ts'
import type { Migrated } from './stages/migrate.ts'
import { probes } from './stages/probes.ts'
import type { Prepared } from './stages/preflight.ts'
import type { Restored } from './stages/restore.ts'
import type { RolledBack } from './stages/rollback.ts'

/** What the stages have learned so far, as the rehearsal will record it. */
export type Learned = Pick<
  Rehearsal,
  | 'engine'
  | 'backup'
  | 'pending'
  | 'migrationFiles'
  | 'migrationSources'
  | 'migrations'
  | 'statements'
  | 'probes'
  | 'crashes'
  | 'tables'
  | 'masking'
  | 'dataCompared'
  | 'databaseSize'
  | 'specs'
  | 'staircase'
  | 'newWrites'
  | 'recovery'
  | 'estimates'
  | 'limits'
>

/** Adds to what was learned; what is given again replaces what was there. */
export type Learn = (facts: Partial<Learned>) => void

/** A limit that probes lift. */
export const alone =
  'No other client was connected, so waiting for locks, and what clients would feel, was not measured.'

/** What the rehearsal itself came to; questions start from it. */
export interface Rehearsed {
  readonly prepared: Prepared
  readonly restored: Restored
  readonly before: Baseline
  readonly migrated: Migrated
  readonly rolledBack: RolledBack
  /** The second run of the migrations, where `locks` is asked. */
  readonly observing: Observing | undefined
  /** Of the specs. */
  readonly passes: readonly SpecPass[]
  /** What the rehearsal cannot tell so far. */
  readonly limits: readonly string[]
}

/** Asks what the plan wants to know beside the rehearsal itself, each question on copies of its own. */
export async function askQuestions(
  given: Given,
  journal: Journal,
  learn: Learn,
  { prepared, restored, before, migrated, rolledBack, observing, passes, limits }: Rehearsed,
): Promise<void> {
  const { plan } = given
  const { clones } = restored
  const asked = (name: QuestionName) => plan.questions.includes(name)
  let said = limits
  const cannotTell = (more: readonly string[]) => learn({ limits: (said = [...said, ...more]) })
  if (observing !== undefined) {
    const statements = await journal.run('locks', (progress) =>
      locks(given, observing, { migrated, rolledBack }, progress),
    )
    learn({ statements })
    cannotTell([lockLimit])
    if (asked('probes')) {
      const input = { before, migrated, rolledBack, statements }
      const felt = await journal.run('probes', (progress) => probes(given, clones, input, progress))
      if (felt !== null) {
        learn({ probes: felt })
        said = said.filter((limit) => limit !== alone)
        cannotTell(probeLimits(felt))
      }
    }
    if (plan.production !== undefined) {
      const migrations = [...migrated.runs, ...rolledBack.runs]
      learn({ estimates: estimates({ migrations, statements, tables: before.tables }, plan.production) })
    }
  }
  if (asked('staircase')) {
    const steps = await journal.run('staircase', (progress) =>
      staircase(given, clones, prepared, { before, migrated, rolledBack }, progress),
    )
    learn({ staircase: steps })
  }
  if (asked('new-writes')) {
    const earlier = { before, migrated, rolledBack, specFiles: prepared.specFiles }
    const written = await journal.run('new-writes', (progress) => newWrites(given, clones, earlier, progress))
    if (written !== null) learn({ newWrites: written })
  }
  if (asked('old-release')) {
    const old = await journal.run('old-release', (progress) => oldRelease(given, clones, migrated, progress))
    learn({ specs: [...passes, ...old.passes] })
    cannotTell(old.limits)
  }
  if (asked('two-migrators')) {
    await journal.run('two-migrators', (progress) =>
      twoMigrators(given, clones, { before, migrated }, progress),
    )
  }
  if (asked('crashes')) {
    const found = await journal.run('crashes', (progress) =>
      crashes(given, clones, crashRequest(prepared, migrated, before), progress),
    )
    learn({ crashes: found.crashes })
    cannotTell(found.limits)
  }
}

const lockLimit =
  'Locks, rewrites and scans were read in a second run on a copy of its own; their times are those of the first.'

function crashRequest(
  { table }: Prepared,
  { complete, pending }: Migrated,
  { tables }: Baseline,
): CrashRequest {
  return { table, complete, pending, bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0) }
}
