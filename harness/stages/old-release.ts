import type { Clones } from '../clones/clones.ts'
import type { AppPlan } from '../plan.ts'
import type { Finding, SpecPass } from '../rehearsal.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { findSpecs } from './preflight.ts'
import { describe } from './smoke.ts'
import { runSpecs } from './specs.ts'
import { expectSuccess } from './staircase/landing.ts'
import { traceMigrator } from './trace-migrator.ts'

export interface OldRelease {
  readonly passes: readonly SpecPass[]
  /** What the report must say that it cannot tell. */
  readonly limits: readonly string[]
}

/**
 * Runs the previous release on the migrated schema, as while it is being replaced; and, where the code is deployed
 * first, what the new release reads on the old schema. Says what it could not do.
 */
export async function oldRelease(
  given: Given,
  clones: Clones,
  { complete }: { readonly complete: boolean },
  progress: Progress,
): Promise<StageOutput<OldRelease>> {
  const { previous, readSpecs, app } = given.plan
  if (!complete) return notAsked('the migrations did not all apply')
  if (previous === undefined && readSpecs === undefined) return unknown(given)
  const runs = [
    ...(previous === undefined
      ? []
      : [
          await pass(
            given,
            clones,
            { phase: 'old-release', patterns: previous.specs, app: previous.app },
            progress,
          ),
        ]),
    ...(readSpecs === undefined
      ? []
      : [await pass(given, clones, { phase: 'code-first', patterns: readSpecs, app }, progress)]),
  ]
  return {
    facts: {
      passes: runs.flatMap(({ pass }) => (pass === null ? [] : [pass])),
      limits: previous === undefined ? [noPreviousRelease] : [],
    },
    findings: runs.flatMap(({ findings }) => findings),
    summary: runs.map(({ phase, pass }) => `${phase}: ${describe(pass)}`).join('; '),
  }
}

interface Question {
  readonly phase: 'old-release' | 'code-first'
  readonly patterns: readonly string[]
  readonly app: AppPlan | undefined
}

async function pass(
  given: Given,
  clones: Clones,
  { phase, patterns, app }: Question,
  progress: Progress,
): Promise<Question & { pass: SpecPass | null; findings: readonly Finding[] }> {
  const files = await findSpecs(given.plan, patterns)
  progress('copying the restored database')
  const clone = await clones.open({ purpose: phase.replace('-', '_') })
  try {
    const { connection } = clone
    if (phase === 'old-release') {
      expectSuccess(await traceMigrator(given, { operation: 'up', steps: 0 }, connection, progress))
    }
    progress(`running the specs (${phase})`)
    const specs = await runSpecs(given, { connection, files, phase, app: app ?? null })
    return { phase, patterns, app, ...specs }
  } finally {
    await clone.close()
  }
}

const noPreviousRelease =
  'What the previous release makes of the migrated schema is not known: neither app.previousCommand nor previousSpecs is set.'

/** Asked by name, it must not pass unanswered; as part of `all`, the report says that it is not known. */
function unknown({ plan }: Given): StageOutput<OldRelease> {
  const summary = 'not known, as neither app.previousCommand nor previousSpecs is set'
  if (!plan.askedByName.includes('old-release')) {
    return { facts: { passes: [], limits: [noPreviousRelease] }, summary }
  }
  const remedy = 'Set app.previousCommand, previousSpecs or both, or deployOrder with readSpecs.'
  return {
    facts: { passes: [], limits: [] },
    findings: [
      {
        id: 'old-release-unknown',
        severity: 'unverified',
        subject: 'the previous release',
        message: noPreviousRelease,
        remedy,
      },
    ],
    summary,
  }
}

function notAsked(reason: string): StageOutput<OldRelease> {
  return { facts: { passes: [], limits: [] }, summary: `not asked, as ${reason}` }
}
