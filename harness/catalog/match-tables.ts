import type { DataColumn, DataTable } from './data-tables.ts'

/** How tables and columns of two databases are recognised as the same. */
export type MatchBy =
  /** By identity, as after migrating a database of which the other is a clone; renamed ones are recognised. */
  | 'oid'
  /** By name alone, as after a rollback. */
  | 'name'

export interface TablePair {
  readonly before: DataTable
  readonly after: DataTable
  readonly columns: readonly ColumnPair[]
  /** Columns that are gone. */
  readonly dropped: readonly DataColumn[]
}

export interface ColumnPair {
  readonly before: DataColumn
  readonly after: DataColumn
}

/**
 * Pairs every table that was there with what it is now; `gone` lists those that are nowhere. By identity, a new
 * table under an old name counts as the old table: it is what the app reads (copied, dropped and renamed, say).
 * Two old tables that swapped names do not. The same holds for columns.
 */
export function matchTables(
  before: readonly DataTable[],
  after: readonly DataTable[],
  by: MatchBy,
): { readonly pairs: readonly TablePair[]; readonly gone: readonly DataTable[] } {
  const pairs: TablePair[] = []
  const gone: DataTable[] = []
  const find = finder(
    before,
    after,
    by,
    ({ name }) => name,
    ({ oid }) => oid,
  )
  for (const table of before.filter((table) => table.counted)) {
    const other = find(table)
    if (other === undefined) gone.push(table)
    else pairs.push(pairColumns(table, other, by))
  }
  return { pairs, gone }
}

function pairColumns(before: DataTable, after: DataTable, by: MatchBy): TablePair {
  const columns: ColumnPair[] = []
  const dropped: DataColumn[] = []
  // Numbers mean something only within one and the same table.
  const columnsBy = before.oid === after.oid ? by : 'name'
  const find = finder(
    before.columns,
    after.columns,
    columnsBy,
    ({ name }) => name,
    ({ attnum }) => attnum,
  )
  for (const column of before.columns) {
    const other = find(column)
    if (other === undefined) dropped.push(column)
    else columns.push({ before: column, after: other })
  }
  return { before, after, columns, dropped }
}

function finder<Item, Id>(
  before: readonly Item[],
  after: readonly Item[],
  by: MatchBy,
  nameOf: (item: Item) => string,
  idOf: (item: Item) => Id,
): (item: Item) => Item | undefined {
  const byName = new Map(after.map((item) => [nameOf(item), item]))
  if (by === 'name') return (item) => byName.get(nameOf(item))
  const byId = new Map(after.map((item) => [idOf(item), item]))
  const old = new Set(before.map(idOf))
  return (item) => {
    const namesake = byName.get(nameOf(item))
    const isNew = namesake !== undefined && !old.has(idOf(namesake))
    return isNew ? namesake : byId.get(idOf(item))
  }
}
