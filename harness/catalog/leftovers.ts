import type { Client } from 'pg'

/** What a migration leaves half-done; names are qualified and quoted where they need it. */
export interface Leftovers {
  readonly invalidIndexes: readonly { readonly index: string; readonly table: string }[]
  readonly unvalidatedConstraints: readonly { readonly constraint: string; readonly table: string }[]
}

/** Reads the invalid indexes (also those not ready yet) and the constraints still NOT VALID, of any user schema. */
export async function readLeftovers(client: Client): Promise<Leftovers> {
  const indexes = await client.query<{ index: string; table: string }>(
    `select format('%I.%I', n.nspname, c.relname) as index, format('%I.%I', tn.nspname, t.relname) as table
     from pg_catalog.pg_index i
     join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join pg_catalog.pg_class t on t.oid = i.indrelid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
     where not (i.indisvalid and i.indisready and i.indislive) order by 1`,
  )
  const constraints = await client.query<{ constraint: string; table: string }>(
    `select k.conname as constraint, format('%I.%I', n.nspname, c.relname) as table
     from pg_catalog.pg_constraint k
     join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where not k.convalidated order by 2, 1`,
  )
  return { invalidIndexes: indexes.rows, unvalidatedConstraints: constraints.rows }
}
