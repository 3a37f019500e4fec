import { growthOf, type Growth } from './growth.ts'
import type { LockMode } from '../postgres/lock-mode.ts'
import type { RelationState, SessionState } from './session-state.ts'
import type { Statement } from './statement.ts'

/** A relation as other sessions know it; `schema.name`, unquoted. */
export interface Relation {
  readonly oid: number
  readonly name: string
  /** pg_class.relkind. */
  readonly kind: string
}

/** What one round of statements (mostly one statement) did to relations that were there before its transaction. */
export interface Footprint {
  readonly statements: readonly Statement[]
  /** Numbers the transactions of all connections, from 1. */
  readonly transaction: number
  /**
   * `inside`: read from within its transaction, all that outlasts the statement; `sampled`: locks were polled
   * from outside while it ran, so short ones may be missing, but for those without which nothing is rewritten.
   */
  readonly seen: 'inside' | 'sampled'
  /** Locks that the transaction did not hold before. */
  readonly locks: readonly { readonly relation: Relation; readonly mode: LockMode }[]
  /** Locks given back before the transaction's end, by a savepoint's rollback. */
  readonly released: readonly { readonly oid: number; readonly mode: LockMode }[]
  /** Tables and materialized views with new storage: rewritten, or emptied by TRUNCATE. */
  readonly rewritten: readonly Relation[]
  /** Indexes with new storage although their table has the old one. */
  readonly rebuilt: readonly Relation[]
  /** New indexes of tables that were there before, by name, with the table. */
  readonly built: readonly { readonly index: string; readonly table: string }[]
  /** Rows that sequential scans returned; at least, as parallel workers count for themselves. */
  readonly scans: readonly { readonly relation: Relation; readonly rows: number; readonly of: number }[]
  readonly writes: readonly { readonly relation: Relation; readonly rows: number }[]
  /** Relations that are gone or have another name, and columns of tables that are gone. */
  readonly dropped: readonly Relation[]
  readonly renamed: readonly { readonly relation: Relation; readonly to: string }[]
  readonly columnsGone: readonly { readonly relation: Relation; readonly columns: readonly string[] }[]
  /** Tables that were there before, with their indexes and TOAST. */
  readonly growth: readonly Growth[]
  /** Of the whole server, on which nobody else is writing. */
  readonly walBytes: number
  readonly hasLockTimeout: boolean
}

/** Where a footprint starts from: the session before the round, and relations as they were before the transaction. */
export interface Before {
  readonly state: Pick<SessionState, 'locks' | 'walBytes'>
  /** As the transaction last saw them; relations that it made itself are not in `original`. */
  readonly relations: ReadonlyMap<number, RelationState>
  readonly original: ReadonlyMap<number, RelationState>
}

type Change = Omit<Footprint, 'statements' | 'transaction' | 'seen'>

/** Compares a session before and after a round. Pure. */
export function changeOf({ state, relations, original }: Before, after: SessionState): Change {
  const now = new Map(after.relations.map((relation) => [relation.oid, relation]))
  const old = [...original.values()]
  const there = old.flatMap((it) => {
    const present = now.get(it.oid)
    return present === undefined ? [] : [{ it, was: relations.get(it.oid) ?? it, is: present }]
  })
  const rewritten = there.filter(({ was, is }) => hasRows(is) && is.filenode !== was.filenode)
  const rewrittenTables = new Set(rewritten.map(({ is }) => nameOf(is)))
  const locked = new Set(after.locks.map(({ oid }) => oid))
  const gone = old.filter(({ oid }) => locked.has(oid) && !now.has(oid) && relations.has(oid))
  return {
    locks: after.locks
      .filter((lock) => !state.locks.some((held) => same(held, lock)))
      .flatMap(({ oid, mode }) => {
        const relation = original.get(oid)
        return relation === undefined ? [] : [{ relation: relationOf(relation), mode }]
      }),
    released: state.locks.filter((lock) => !after.locks.some((held) => same(held, lock))),
    rewritten: rewritten.map(({ it }) => relationOf(it)),
    rebuilt: there
      .filter(({ is, was }) => is.kind === 'i' && is.filenode !== was.filenode)
      .filter(({ is }) => !rewrittenTables.has(is.table ?? ''))
      .map(({ it }) => relationOf(it)),
    built: builtIndexes(relations, original, after.relations),
    scans: there
      .map(({ it, was, is }) => ({ relation: relationOf(it), rows: is.scanned - was.scanned, of: it.rows }))
      .filter(({ relation, rows }) => rows > 0 && relation.kind !== 'i'),
    writes: there
      .map(({ it, was, is }) => ({ relation: relationOf(it), rows: is.written - was.written }))
      .filter(({ rows }) => rows > 0),
    dropped: gone.map(relationOf),
    renamed: there
      .filter(({ was, is }) => nameOf(was) !== nameOf(is))
      .map(({ it, is }) => ({ relation: relationOf(it), to: nameOf(is) })),
    columnsGone: there.flatMap(({ it, was, is }) => {
      const columns = was.columns.filter((column) => !is.columns.includes(column))
      return columns.length === 0 ? [] : [{ relation: relationOf(it), columns }]
    }),
    growth: growthOf([
      ...there.map(({ was, is }) => ({ was, is })),
      ...gone.map(({ oid }) => ({ was: relations.get(oid), is: undefined })),
      ...newIndexes(relations, original, after.relations).map((is) => ({ was: undefined, is })),
    ]),
    walBytes: Math.max(0, after.walBytes - state.walBytes),
    hasLockTimeout: after.hasLockTimeout,
  }
}

export const relationOf = (state: RelationState): Relation => ({
  oid: state.oid,
  name: nameOf(state),
  kind: state.kind,
})

const nameOf = ({ schema, name }: RelationState): string => `${schema}.${name}`

const hasRows = ({ kind }: RelationState): boolean => kind === 'r' || kind === 'm'

const same = (one: { oid: number; mode: LockMode }, other: { oid: number; mode: LockMode }): boolean =>
  one.oid === other.oid && one.mode === other.mode

function builtIndexes(
  before: ReadonlyMap<number, RelationState>,
  original: ReadonlyMap<number, RelationState>,
  after: readonly RelationState[],
): Footprint['built'] {
  // A change of type that needs no work makes a new index of the old one's storage.
  const oldStorage = new Set([...before.values(), ...original.values()].map(({ filenode }) => filenode))
  return newIndexes(before, original, after)
    .filter(({ filenode }) => !oldStorage.has(filenode))
    .map((index) => ({ index: nameOf(index), table: index.table ?? '' }))
}

function newIndexes(
  before: ReadonlyMap<number, RelationState>,
  original: ReadonlyMap<number, RelationState>,
  after: readonly RelationState[],
): RelationState[] {
  const oldTables = new Set(after.filter(({ oid }) => original.has(oid)).map(nameOf))
  return after.filter(
    ({ oid, table }) => table !== null && !before.has(oid) && !original.has(oid) && oldTables.has(table),
  )
}
