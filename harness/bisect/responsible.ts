import type { MigratorTrace } from '../stages/trace-migrator.ts'

/** The migration that stands in the way, and why. */
export interface Responsible {
  readonly migration: string
  /** `fails` and `stalls`: by itself; `slow`: took longer than it may; `breaks-batch`: a later one fails because of it. */
  readonly reason: 'fails' | 'stalls' | 'slow' | 'breaks-batch'
  /** The one that fails, where it is another. */
  readonly failing: string
  readonly message: string
}

export interface BisectRequest {
  readonly maxStallMs: number | undefined
  /** On a fresh copy: the first `alone` pending migrations one at a time, then the rest at once. */
  readonly migrateAll: (alone: number) => Promise<MigratorTrace>
}

/**
 * Finds the first migration responsible for a run that fails, stalls or takes too long. One that fails although
 * everything before it was applied one at a time fails by itself; else the last one that has to be applied on its
 * own for the rest to succeed is responsible, and is searched for by halves.
 */
export async function findResponsible({
  maxStallMs,
  migrateAll,
}: BisectRequest): Promise<Responsible | null> {
  const whole = await migrateAll(0)
  const problem = problemOf(whole)
  if (problem === null) return tooSlow(whole, maxStallMs)
  const names = whole.runs.map(({ name }) => name)
  const at = names.indexOf(problem.migration)
  const alone = { reason: problem.stalls ? 'stalls' : 'fails', failing: problem.migration } as const
  if (at <= 0 || (await failsAfter(at))) {
    return { migration: problem.migration, message: problem.message, ...alone }
  }
  // With the first `low` applied on their own it fails; with the first `high` it does not.
  let [low, high] = [0, at]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await failsAfter(middle)) low = middle
    else high = middle
  }
  const migration = names[high - 1] ?? problem.migration
  return { migration, reason: 'breaks-batch', failing: problem.migration, message: problem.message }

  async function failsAfter(count: number): Promise<boolean> {
    return problemOf(await migrateAll(count))?.migration === problem?.migration
  }
}

function problemOf({
  outcome,
  runs,
}: MigratorTrace): { migration: string; message: string; stalls: boolean } | null {
  if (outcome.error === null && outcome.ended === 'done') return null
  const failed = runs.find(({ status }) => status === 'error') ?? runs.at(-1)
  return {
    migration: failed?.name ?? 'the migrator',
    message: outcome.error?.message ?? outcome.stall?.message ?? `the process ${outcome.ended}`,
    stalls: outcome.stall !== null,
  }
}

function tooSlow({ runs }: MigratorTrace, maxStallMs: number | undefined): Responsible | null {
  const slow = maxStallMs === undefined ? undefined : runs.find(({ durationMs }) => durationMs > maxStallMs)
  if (slow === undefined) return null
  return {
    migration: slow.name,
    reason: 'slow',
    failing: slow.name,
    message: `it takes ${slow.durationMs} ms, and may take ${maxStallMs} ms`,
  }
}
