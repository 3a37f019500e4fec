import type { LockMode } from '../postgres/lock-mode.ts'
import type { TracedLock, TracedStatement } from '../trace/traced.ts'
import type { Trace } from './hazard.ts'

/** Modes that stop writes; all but the last let reads pass. */
export const stopsWrites: readonly LockMode[] = [
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
]

export interface Held {
  readonly lock: TracedLock
  readonly by: TracedStatement
}

/** Locks of these modes on tables that a statement takes itself. */
export function takes(statement: TracedStatement, modes: readonly LockMode[]): TracedLock[] {
  return statement.locks.filter(({ kind, mode }) => tables.has(kind) && modes.includes(mode))
}

/** Locks of these modes that its transaction took before the statement. */
export function heldBefore(trace: Trace, statement: TracedStatement, modes: readonly LockMode[]): Held[] {
  const { positions, holders } = indexOf(trace)
  const before = positions.get(statement) ?? 0
  return (holders.get(statement.transaction) ?? [])
    .filter((by) => statement.transaction !== null && (positions.get(by) ?? 0) < before)
    .flatMap((by) => takes(by, modes).map((lock) => ({ lock, by })))
}

/** The statements behind it in its transaction. */
export function laterInTransaction(trace: Trace, statement: TracedStatement): TracedStatement[] {
  const position = indexOf(trace).positions.get(statement) ?? 0
  return trace.slice(position + 1).filter(({ transaction }) => transaction === statement.transaction)
}

/** Locks of these modes that are there while the statement runs. */
export function heldDuring(trace: Trace, statement: TracedStatement, modes: readonly LockMode[]): Held[] {
  const own = takes(statement, modes).map((lock) => ({ lock, by: statement }))
  return [...heldBefore(trace, statement, modes), ...own]
}

/** Tables that the statement reads whole rows of while they are locked, and does not rewrite. */
export function scannedUnderLock(trace: Trace, statement: TracedStatement, modes: readonly LockMode[]) {
  const locked = new Set(heldDuring(trace, statement, modes).map(({ lock }) => lock.relation))
  return statement.scans.filter(
    ({ relation }) =>
      locked.has(relation.name) && !statement.rewritten.some(({ name }) => name === relation.name),
  )
}

export const alters = ({ tags, text }: TracedStatement): boolean =>
  tags.includes('ALTER TABLE') || (tags.includes('DO') && /alter\s+table/i.test(text))

export const names = (relations: readonly { readonly name: string }[]): string[] =>
  relations.map(({ name }) => name)

const tables = new Set(['r', 'p', 'm', 'f'])

/** A trace may have 100,000 statements: who holds what is found once. */
function indexOf(trace: Trace) {
  const known = indexes.get(trace)
  if (known !== undefined) return known
  const index = {
    positions: new Map(trace.map((statement, position) => [statement, position])),
    holders: Map.groupBy(
      trace.filter((statement) => takes(statement, stopsWrites).length > 0),
      ({ transaction }) => transaction,
    ),
  }
  indexes.set(trace, index)
  return index
}

const indexes = new WeakMap<
  Trace,
  {
    readonly positions: ReadonlyMap<TracedStatement, number>
    readonly holders: ReadonlyMap<number | null, readonly TracedStatement[]>
  }
>()
