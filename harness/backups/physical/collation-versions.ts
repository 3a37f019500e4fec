import type { Client } from 'pg'

/** A database whose text was sorted by another version of its locale than the one that is here. */
export interface CollationChange {
  readonly database: string
  readonly recorded: string
  readonly actual: string
}

/**
 * Finds those databases and takes down that the version here is the one to go by, without which Postgres refuses to
 * copy them (CREATE DATABASE … TEMPLATE). Before 15 nothing was recorded.
 */
export async function acceptCollationVersions(client: Client, major: number): Promise<CollationChange[]> {
  if (major < 15) return []
  const { rows } = await client.query<CollationChange>(
    `select datname as database, datcollversion as recorded,
            pg_catalog.pg_database_collation_actual_version(oid) as actual
       from pg_catalog.pg_database
      where datcollversion <> pg_catalog.pg_database_collation_actual_version(oid) and datallowconn
      order by 1`,
  )
  for (const { database } of rows)
    await client.query(`alter database ${client.escapeIdentifier(database)} refresh collation version`)
  return rows
}

/** How many indexes of the current database sort text by a locale, `C` apart. */
export async function localizedIndexes(client: Client): Promise<number> {
  const { rows } = await client.query<{ indexes: string }>(
    `select count(*) as indexes from pg_catalog.pg_index i
      where i.indexrelid >= 16384
        and exists (select from unnest(i.indcollation::oid[]) as used(oid)
                      join pg_catalog.pg_collation c on c.oid = used.oid
                     where c.collname not in ('C', 'POSIX', 'ucs_basic'))`,
  )
  return Number(rows[0]?.indexes)
}
