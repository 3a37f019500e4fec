import type { Client } from 'pg'

/** What is compared with a count: rows of a table, or of a partition tree at its root. */
export interface CountedTable {
  /** Qualified and quoted as needed. */
  readonly name: string
  readonly rows: number
}

/** A table that does not have as many rows as the backup. */
export interface RowDifference {
  readonly name: string
  readonly expected: number
  readonly found: number
}

/**
 * Compares the rows that a backup has (by `schema.table`, partitions each on their own) with those that were counted
 * in the database the client is connected to. Tables that were not counted are left out.
 */
export async function rowDifferences(
  client: Client,
  expected: Readonly<Record<string, number>>,
  counted: readonly CountedTable[],
): Promise<RowDifference[]> {
  const names = await readRoots(client)
  const sums = new Map<string, number>()
  for (const [table, rows] of Object.entries(expected)) {
    const root = names.get(table)
    if (root !== undefined) sums.set(root, (sums.get(root) ?? 0) + rows)
  }
  return counted.flatMap(({ name, rows }) => {
    const sum = sums.get(name)
    return sum === undefined || sum === rows ? [] : [{ name, expected: sum, found: rows }]
  })
}

/** By `schema.table`, without quotes, the name of the root of the partition tree it is in, else its own, quoted. */
async function readRoots(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ table: string; root: string }>(
    `select n.nspname || '.' || c.relname as table, quote_ident(rn.nspname) || '.' || quote_ident(r.relname) as root
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_class r on r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
       join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
      where c.relkind in ('r', 'p')`,
  )
  return new Map(rows.map(({ table, root }) => [table, root]))
}
