import type { Client } from 'pg'
import type { Catalog } from './catalog.ts'
import type { Connect } from './data-session.ts'
import { listDataTables } from './data-tables.ts'
import { userSchema, qualified } from './family.ts'
import { fingerprint } from './fingerprint.ts'
import { readCatalog, type TableName } from './read.ts'
import { everyRow, type Sampling } from './sampling.ts'

/** What a database is at one moment, to be compared with what the same database is later. */
export interface DatabaseState {
  readonly catalog: Catalog
  /** By qualified name; partition trees at their root. */
  readonly tables: ReadonlyMap<string, TableState>
}

export interface TableState {
  readonly rows: number
  /** Equal when the same rows are there, in whatever order; see `fingerprint`. */
  readonly digest: string
  /** As long as it is the same, nobody can have written to the table; null when that cannot be told. */
  readonly touched: string | null
}

export interface StateRequest {
  readonly connect: Connect
  readonly ignoreTables: readonly TableName[]
  readonly parallelism: number
  /** Which tables are digested by a sample of their rows; default: none. */
  readonly sampling?: Sampling
  /** An earlier state of this very database: tables that nobody wrote to since keep its digests. */
  readonly since?: DatabaseState
  /** Digests that are known already, by table name. */
  readonly known?: ReadonlyMap<string, { readonly rows: number; readonly digest: string }>
}

/**
 * Reads catalog and data of a database in which no session but the harness's own is left. Only tables that were
 * written to, rewritten, redefined or replaced since the earlier state are read.
 */
export async function readState({
  connect,
  ignoreTables,
  parallelism,
  since,
  sampling = everyRow,
  known = new Map(),
}: StateRequest): Promise<DatabaseState> {
  const client = await connect()
  try {
    const catalog = await readCatalog(client, { ignoreTables })
    const touched = await readTouched(client, ignoreTables)
    const counted = (await listDataTables(client, ignoreTables)).filter((table) => table.counted)
    const states = new Map<string, TableState>()
    for (const { name } of counted) {
      const mark = touched.get(name) ?? null
      const found = known.get(name) ?? unchanged(since?.tables.get(name), mark)
      if (found !== undefined) states.set(name, { rows: found.rows, digest: found.digest, touched: mark })
    }
    const tables = new Set(counted.map(({ name }) => name).filter((name) => !states.has(name)))
    const read =
      tables.size === 0 ? [] : await fingerprint({ connect, ignoreTables, parallelism, tables, sampling })
    for (const { name, rows, digest } of read)
      states.set(name, { rows, digest, touched: touched.get(name) ?? null })
    return { catalog, tables: states }
  } finally {
    await client.end()
  }
}

function unchanged(table: TableState | undefined, mark: string | null): TableState | undefined {
  return mark !== null && table?.touched === mark ? table : undefined
}

/**
 * By table, a text that changes with every write, truncation, rewrite and redefinition: the server's counters of
 * rows written, storage and columns of the table and its partitions, and the labels and fields of types that users
 * made. Sessions hand in their counters when they end, for sure since Postgres 15, where counting is on.
 */
async function readTouched(
  client: Client,
  ignoreTables: readonly TableName[],
): Promise<Map<string, string | null>> {
  const { rows } = await client.query<{ name: string; mark: string | null }>(touchedQuery, [
    ignoreTables.map(({ schema }) => schema ?? null),
    ignoreTables.map(({ name }) => name),
  ])
  return new Map(rows.map(({ name, mark }) => [name, mark]))
}

const touchedQuery = `
  with member as (
    select c.oid, c.relfilenode, coalesce(pg_partition_root(c.oid), c.oid) as root
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where (c.relkind in ('r', 'p') or c.relkind = 'm' and c.relispopulated) and ${userSchema('n')}
      and not exists (select from unnest($1::text[], $2::text[]) ignored(schema, name)
        where ignored.name = c.relname and (ignored.schema is null or ignored.schema = n.nspname))
  ), written as (
    select m.root, string_agg(concat_ws(' ', m.oid, m.relfilenode, pg_stat_get_tuples_inserted(m.oid),
      pg_stat_get_tuples_updated(m.oid), pg_stat_get_tuples_deleted(m.oid)), ', ' order by m.oid) as mark
    from member m group by m.root
  ), shaped as (
    select a.attrelid, string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod), ', ' order by a.attnum)
      as mark, bool_or(a.atttypid >= 16384) as special
    from pg_attribute a where a.attnum > 0 and not a.attisdropped
      and a.attrelid in (select root from written) group by a.attrelid
  ), made as (
    select md5(concat((select string_agg(concat_ws(' ', enumtypid, enumlabel, enumsortorder), ', ' order by oid)
        from pg_enum),
      (select string_agg(concat_ws(' ', a.attrelid, a.attnum, a.attname, a.atttypid, a.attisdropped), ', '
        order by a.attrelid, a.attnum) from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relkind = 'c' and c.oid >= 16384))) as mark
  )
  select ${qualified('n.nspname', 'c.relname')} as name,
    case when current_setting('track_counts')::boolean and current_setting('server_version_num')::int >= 150000
      then md5(concat_ws('; ', w.mark, s.mark, case when s.special then made.mark end)) end as mark
  from written w join pg_class c on c.oid = w.root join pg_namespace n on n.oid = c.relnamespace
  left join shaped s on s.attrelid = w.root cross join made
  order by 1`
