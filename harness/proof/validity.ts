import type { Client } from 'pg'

/** What the restored database has and does not enforce or use. */
export interface Validity {
  /** Constraints that rows were not checked against: `shop.titles titles_dates`. */
  readonly notValidated: readonly string[]
  /** Indexes that no query uses: `shop.titles_live`. */
  readonly invalidIndexes: readonly string[]
}

/**
 * Reads it of the database the client is connected to. What is inherited is told of its parent alone; a partitioned
 * index is invalid until each partition has its part, which is looked for as such.
 */
export async function readValidity(client: Client): Promise<Validity> {
  const constraints = await client.query<{ name: string }>(
    `select n.nspname || '.' || coalesce(c.relname, t.typname) || ' ' || o.conname as name
       from pg_catalog.pg_constraint o
       left join pg_catalog.pg_class c on c.oid = o.conrelid
       left join pg_catalog.pg_type t on t.oid = o.contypid
       join pg_catalog.pg_namespace n on n.oid = coalesce(c.relnamespace, t.typnamespace)
      where not o.convalidated and o.coninhcount = 0 and o.conparentid = 0`,
  )
  const indexes = await client.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name
       from pg_catalog.pg_index i
       join pg_catalog.pg_class c on c.oid = i.indexrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where not (i.indisvalid and i.indisready and i.indislive) and c.relkind = 'i'`,
  )
  return {
    notValidated: constraints.rows.map(({ name }) => name),
    invalidIndexes: indexes.rows.map(({ name }) => name),
  }
}
