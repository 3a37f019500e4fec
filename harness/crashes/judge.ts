import type { CrashFacts, Finding } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import { faultKinds } from './fault.ts'

/** Findings about deaths half-way, one for each way in which they ended badly at one migration. */
export function judgeCrashes(crashes: readonly CrashFacts[]): Finding[] {
  return endings.flatMap((ending) =>
    Object.values(Object.groupBy(crashes.filter(ending.is), subjectOf)).flatMap((group = []) =>
      findingOf(ending, group),
    ),
  )
}

interface Ending extends Pick<Finding, 'id' | 'severity'> {
  readonly is: (crash: CrashFacts) => boolean
  /** Goes on after when it died. */
  readonly message: (crash: CrashFacts) => string
  readonly remedy: string
}

const endings: readonly Ending[] = [
  {
    id: 'crash-not-resumed',
    severity: 'error',
    is: ({ again }) => again === 'failed',
    message: ({ details }) => `, the migrations cannot be run again: ${details[0] ?? ''}`,
    remedy:
      'Give the migration one transaction, or make its statements ones that can be repeated (if not exists, drop … if exists first).',
  },
  {
    id: 'crash-state-differs',
    severity: 'error',
    is: ({ again }) => again === 'differs',
    message: () => ', the migrations run again without an error and end in another state than undisturbed.',
    remedy:
      'Look for `if not exists` that takes what is half-done for done: drop it first, or check that it is valid.',
  },
  {
    id: 'crash-not-rolled-back',
    severity: 'error',
    is: ({ rollback, again }) => rollback === 'failed' || (rollback === 'differs' && again !== 'differs'),
    message: () => ' and running the migrations again, rollback does not bring the old state back.',
    remedy: 'Make down work from what a second run of up leaves.',
  },
  {
    id: 'crash-leaves-debris',
    severity: 'notice',
    is: ({ again, left }) => left === 'part' && again === 'succeeded',
    message: () => ', the database is half-migrated until the migrations are run again, which succeeds.',
    remedy: 'Run them again at once when a deployment dies; or give the migration one transaction.',
  },
]

function findingOf({ id, severity, message, remedy }: Ending, group: readonly CrashFacts[]): Finding[] {
  const [worst] = group
  if (worst === undefined) return []
  const more = group.length === 1 ? '' : ` So do ${count(group.length - 1, 'other death')} in it.`
  const details = [...worst.debris.map((line) => `left: ${line}`), ...worst.details].slice(0, 20)
  const migration = worst.migration === null ? {} : { migration: worst.migration }
  return [
    {
      id,
      severity,
      subject: subjectOf(worst),
      message: `${when(worst)}${message(worst)}${more}`,
      remedy,
      evidence: { ...migration, direction: 'up', statement: { text: worst.text }, details },
    },
  ]
}

function subjectOf({ migration }: CrashFacts): string {
  return migration ?? 'the migrator'
}

function when({ fault, text }: CrashFacts): string {
  return `When ${faultKinds[fault]} (${text.replaceAll(/\s+/g, ' ').slice(0, 80)})`
}
