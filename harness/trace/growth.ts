/** How much larger one table became, in bytes; less than nothing when a rewrite or a drop made it smaller. */
export interface Growth {
  /** `schema.table`. */
  readonly relation: string
  readonly tableBytes: number
  readonly indexBytes: number
  readonly toastBytes: number
  /** Row versions that updates and deletes left for vacuum. */
  readonly deadRows: number
}

/** A table, materialized view or index with its size. */
export interface Sized {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** pg_class.relkind. */
  readonly kind: string
  /** `schema.table` of an index, else null. */
  readonly table: string | null
  /** Of the relation itself, without indexes and TOAST; null when it was not read. */
  readonly bytes: number | null
  readonly toastBytes: number
  /** Counted by the session within its transaction. */
  readonly dead: number
}

/** One relation at two readings; undefined before it was made and after it was dropped. */
export interface SizedPair {
  readonly was: Sized | undefined
  readonly is: Sized | undefined
}

/** Adds up, a table each, what grew between two readings. Pure. */
export function growthOf(pairs: readonly SizedPair[]): Growth[] {
  const tables = new Map<string, { -readonly [Key in keyof Growth]: Growth[Key] }>()
  for (const { was, is } of pairs) {
    const one = is ?? was
    if (one === undefined || !'rmi'.includes(one.kind) || was?.bytes === null || is?.bytes === null) continue
    const relation = one.table ?? `${one.schema}.${one.name}`
    const growth = tables.get(relation) ?? { ...nothing, relation }
    growth[one.kind === 'i' ? 'indexBytes' : 'tableBytes'] += (is?.bytes ?? 0) - (was?.bytes ?? 0)
    growth.toastBytes += (is?.toastBytes ?? 0) - (was?.toastBytes ?? 0)
    growth.deadRows += Math.max(0, (is?.dead ?? 0) - (was?.dead ?? 0))
    tables.set(relation, growth)
  }
  return [...tables.values()].filter(
    ({ tableBytes, indexBytes, toastBytes, deadRows }) =>
      tableBytes !== 0 || indexBytes !== 0 || toastBytes !== 0 || deadRows !== 0,
  )
}

const nothing = { tableBytes: 0, indexBytes: 0, toastBytes: 0, deadRows: 0 }
