import type { MigrationRun, Rehearsal, StatementFacts } from './rehearsal.ts'

type Observed = Pick<Rehearsal, 'questions' | 'stages' | 'statements'>

/**
 * How long one run of a migration would have kept clients waiting, in milliseconds; null when it was not seen. Until
 * clients are probed that is the longest ACCESS EXCLUSIVE lock on a table that was there before: nobody reads it meanwhile.
 */
export function clientStallMs(rehearsal: Observed, run: MigrationRun): number | null {
  const held = observedStatements(rehearsal, run)
    ?.flatMap(({ locks }) => locks)
    .filter(({ mode }) => mode === 'ACCESS EXCLUSIVE')
    .map(({ heldMs }) => heldMs)
  if (held === undefined || held.includes(null)) return null
  return Math.max(0, ...held.map((ms) => ms ?? 0))
}

/** What a run's statements were seen to do; null when nobody looked, or not at all of them. */
export function observedStatements(
  { questions, stages, statements }: Observed,
  { name, direction, status }: MigrationRun,
): readonly StatementFacts[] | null {
  const looked = stages.some((stage) => stage.name === 'locks' && stage.status === 'completed')
  if (!questions.includes('locks') || !looked || status === 'not-executed') return null
  const its = statements.filter((it) => it.migration === name && it.direction === direction)
  const last = statements.at(-1)
  const isCut = statements.length >= statementsAtMost && (its.length === 0 || its.at(-1) === last)
  return isCut ? null : its
}

/** As many as the document holds; what comes after them is not known. */
const statementsAtMost = 1_000
