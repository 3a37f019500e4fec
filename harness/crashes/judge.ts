import type { CrashFacts, Finding } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import { faultKinds } from './fault.ts'

/** Findings about deaths half-way, one for each way in which they ended badly at one migration. */
export function judgeCrashes(crashes: readonly CrashFacts[]): Finding[] {
  return [
    ...grouped(
      crashes.filter(({ again }) => again === 'failed'),
      (crash, more) => ({
        id: 'crash-not-resumed',
        severity: 'error',
        subject: subjectOf(crash),
        message: `${when(crash)}, the migrations cannot be run again: ${crash.details[0] ?? ''}${more}`,
        remedy:
          'Give the migration one transaction, or make its statements ones that can be repeated (if not exists, drop … if exists first).',
      }),
    ),
    ...grouped(
      crashes.filter(({ again }) => again === 'differs'),
      (crash, more) => ({
        id: 'crash-state-differs',
        severity: 'error',
        subject: subjectOf(crash),
        message: `${when(crash)}, the migrations run again without an error and end in another state than undisturbed.${more}`,
        remedy:
          'Look for `if not exists` that takes what is half-done for done: drop it first, or check that it is valid.',
      }),
    ),
    ...grouped(
      crashes.filter(
        ({ rollback, again }) => rollback === 'failed' || (rollback === 'differs' && again !== 'differs'),
      ),
      (crash, more) => ({
        id: 'crash-not-rolled-back',
        severity: 'error',
        subject: subjectOf(crash),
        message: `${when(crash)} and running the migrations again, rollback does not bring the old state back.${more}`,
        remedy: 'Make down work from what a second run of up leaves.',
      }),
    ),
    ...grouped(
      crashes.filter(({ again, left }) => left === 'part' && again === 'succeeded'),
      (crash, more) => ({
        id: 'crash-leaves-debris',
        severity: 'notice',
        subject: subjectOf(crash),
        message: `${when(crash)}, the database is half-migrated until the migrations are run again, which succeeds.${more}`,
        remedy: 'Run them again at once when a deployment dies; or give the migration one transaction.',
      }),
    ),
  ]
}

function grouped(
  crashes: readonly CrashFacts[],
  find: (crash: CrashFacts, more: string) => Finding,
): Finding[] {
  const groups = Object.groupBy(crashes, subjectOf)
  return Object.values(groups).flatMap((group = []) => {
    const [worst] = group
    if (worst === undefined) return []
    const more = group.length === 1 ? '' : ` So do ${count(group.length - 1, 'other death')} in it.`
    const finding = find(worst, more)
    const details = [...worst.debris.map((line) => `left: ${line}`), ...worst.details].slice(0, 20)
    return [
      {
        ...finding,
        evidence: {
          ...(worst.migration === null ? {} : { migration: worst.migration }),
          direction: 'up',
          statement: { text: worst.text },
          details,
        },
      },
    ]
  })
}

function subjectOf({ migration }: CrashFacts): string {
  return migration ?? 'the migrator'
}

function when({ fault, text }: CrashFacts): string {
  return `When ${faultKinds[fault]} (${text.replaceAll(/\s+/g, ' ').slice(0, 80)})`
}
