import type { Clone, Clones } from '../clones/clones.ts'
import type { MigrationTableName } from '../migrator/applied.ts'
import type { Connection } from '../postgres/connection.ts'
import type { CrashFacts } from '../rehearsal.ts'
import type { Given } from '../stages/given.ts'
import { traceMigrator, type MigratorTrace } from '../stages/trace-migrator.ts'
import type { Fault } from './fault.ts'
import { place } from './placement.ts'
import { isOwnTable, readState, stateDifferences, type DatabaseState } from './state.ts'

/** What every trial compares with, from undisturbed runs. */
export interface Reference {
  /** Before migrating. */
  readonly start: { readonly state: DatabaseState; readonly connection: Connection }
  /** After it. */
  readonly end: { readonly state: DatabaseState; readonly connection: Connection }
  /** Tables whose data no two runs write alike. */
  readonly volatile: ReadonlySet<string>
  readonly record: MigrationTableName
  /** How many migrations a whole rollback takes down. */
  readonly pending: number
  /** Whether data is compared, or only catalogs. */
  readonly data: boolean
}

/** What a trial found, without where it struck. */
export type TrialOutcome = Pick<CrashFacts, 'left' | 'debris' | 'again' | 'rollback' | 'details'>

/**
 * Lets the migrator die of `fault` on a fresh copy, then runs it again and rolls back, wherever the state that it
 * left is one from which these have not been seen. Undefined when the fault never struck.
 */
export async function tryFault(
  given: Given,
  clone: Clone,
  fault: Fault,
  reference: Reference,
): Promise<TrialOutcome | undefined> {
  const { connection, server } = clone
  const placement = place(fault, async (pid) => await server.crash?.(pid))
  const quiet = () => {}
  await traceMigrator(given, { operation: 'up', steps: 0 }, connection, quiet, placement.options)
  if (placement.struck() === undefined) return undefined
  const { record, start, end, volatile, data } = reference
  const read = async () => ({ state: await readState(connection, record, { data }), connection })
  const left = await read()
  const fromStart = await stateDifferences(start, left, new Set())
  // From there, migrating was rehearsed; and so was rolling back, from where it leads.
  if (fromStart.length === 0)
    return { left: 'nothing', debris: [], again: 'as-rehearsed', rollback: 'as-rehearsed', details: [] }
  const half = fromStart.filter((line) => !isOwnTable(line, record))
  const invalid = left.state.leftovers.invalidIndexes
    .filter(({ index }) => !start.state.leftovers.invalidIndexes.some((it) => it.index === index))
    .map(({ index, table }) => `invalid index ${index} on ${table}`)
  const debris = [...invalid, ...half]
  if ((await stateDifferences(end, left, volatile)).length === 0) {
    return { left: 'everything', debris: [], again: 'as-rehearsed', rollback: 'as-rehearsed', details: [] }
  }
  const part = half.length === 0 ? 'nothing' : 'part'
  const again = await traceMigrator(given, { operation: 'up', steps: 0 }, connection, quiet)
  const trouble = problemOf(again)
  if (trouble !== undefined)
    return { left: part, debris, again: 'failed', rollback: 'not-tried', details: [trouble] }
  const resumed = await stateDifferences(end, await read(), volatile)
  const back = await rollBack(given, connection, reference, resumed.length === 0)
  return {
    left: part,
    debris,
    again: resumed.length === 0 ? 'succeeded' : 'differs',
    rollback: back.rollback,
    details: [...resumed, ...back.details],
  }
}

async function rollBack(
  given: Given,
  connection: Connection,
  { start, record, pending, data }: Reference,
  isAsRehearsed: boolean,
): Promise<Pick<TrialOutcome, 'rollback' | 'details'>> {
  if (isAsRehearsed) return { rollback: 'as-rehearsed', details: [] }
  const trace = await traceMigrator(given, { operation: 'down', steps: pending }, connection, () => {})
  const trouble = problemOf(trace)
  if (trouble !== undefined) return { rollback: 'failed', details: [`rollback: ${trouble}`] }
  const after = { state: await readState(connection, record, { data }), connection }
  const found = await stateDifferences(start, after, new Set())
  const details = found.map((line) => `after rollback: ${line}`)
  return { rollback: found.length === 0 ? 'succeeded' : 'differs', details }
}

function problemOf({ outcome }: MigratorTrace): string | undefined {
  if (outcome.error !== null) return outcome.error.message
  return outcome.ended === 'done' ? undefined : `the migrator's process ${outcome.ended}`
}

/** A copy of its own for each death; those that kill the server share one that nobody else is on. */
export async function withCopy<Result>(
  clones: Clones,
  isolated: boolean,
  work: (clone: Clone) => Promise<Result>,
): Promise<Result> {
  const clone = await clones.open({ purpose: 'crashes', isolated })
  try {
    return await work(clone)
  } finally {
    await clone.close()
  }
}
