import { keyOf, type Catalog, type CatalogDifference, type CatalogObject } from './catalog.ts'

/**
 * Tables whose shared columns stand in another order: a notice a table, for `select *` and `insert` without a
 * column list are all that see it. Views are left to their definitions, partitions to their parents.
 */
export function columnOrderDifferences(before: Catalog, after: Catalog): CatalogDifference[] {
  const orders = columnOrders(before, after)
  const others = columnOrders(after, before)
  return [...orders].flatMap(([table, order]) => {
    const other = others.get(table) ?? ''
    const object = after.objects.get(keyOf({ kind: 'table', name: table }))
    if (order === other || object === undefined || followsParent(object, orders, others)) return []
    return [
      {
        kind: 'table',
        name: table,
        change: 'changed',
        attribute: 'columnOrder',
        before: order,
        after: other,
        severity: 'notice',
      } as const,
    ]
  })
}

/** By table, the columns that `other` has too, in their order. */
function columnOrders(catalog: Catalog, other: Catalog): Map<string, string> {
  const columns = [...catalog.objects].flatMap(([key, object]) =>
    object.kind === 'column' && other.objects.has(key) ? [object] : [],
  )
  const byTable = Map.groupBy(columns, (column) => column.parent ?? '')
  return new Map(
    [...byTable].map(([table, columns]) => {
      const ordered = columns.toSorted((one, two) => positionOf(one) - positionOf(two))
      return [table, ordered.map((column) => column.name.slice(table.length + 1)).join(', ')]
    }),
  )
}

function positionOf(column: CatalogObject): number {
  return Number(column.attributes['position'])
}

function followsParent(
  table: CatalogObject,
  orders: ReadonlyMap<string, string>,
  others: ReadonlyMap<string, string>,
): boolean {
  const parent = table.attributes['partitionOf'] ?? table.attributes['inherits']
  return typeof parent === 'string' && orders.get(parent) !== others.get(parent)
}
