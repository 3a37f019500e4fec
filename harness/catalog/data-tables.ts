import type { Client } from 'pg'
import { qualified, userSchema } from './family.ts'
import type { TableName } from './read.ts'
import { hashedTypes, type HashedType } from './row-hash.ts'

/** A relation that holds rows, as far as its data can be read and matched. */
export interface DataTable {
  /** Qualified and quoted as needed. */
  readonly name: string
  readonly oid: string
  readonly kind: 'table' | 'partitioned table' | 'materialized view'
  /** Read in its own right; false for a partition, whose rows its root has already. */
  readonly counted: boolean
  /** With indexes and TOAST, partitions included. */
  readonly bytes: number
  readonly columns: readonly DataColumn[]
  /** Attribute numbers of the primary key, else of a unique index without nulls; empty for none. */
  readonly key: readonly number[]
}

export interface DataColumn {
  /** As it is, unquoted. */
  readonly name: string
  readonly attnum: number
  /** `numeric(10,2)`, qualified outside pg_catalog. */
  readonly type: string
  /** The type whose hash tells any two values apart that a client could tell apart; null: only the text's does. */
  readonly hashedAs: HashedType | null
  /** `pg_type.typcategory`: `S` for strings, `N` for numbers, … */
  readonly category: string
}

/**
 * Every table, partition and populated materialized view. Foreign tables are left out: their rows are
 * elsewhere, and reading them would reach out. A partition tree with one is counted leaf by leaf.
 */
export async function listDataTables(
  client: Client,
  ignoreTables: readonly TableName[] = [],
): Promise<DataTable[]> {
  const columns = Map.groupBy(await readColumns(client), (column) => column.oid)
  const { rows } = await client.query<Record<'name' | 'oid' | 'kind' | 'counted' | 'bytes' | 'key', string>>(
    tablesQuery,
    [ignoreTables.map(({ schema }) => schema ?? null), ignoreTables.map(({ name }) => name)],
  )
  return rows.map(({ name, oid, kind, counted, bytes, key }) => ({
    name,
    oid,
    kind: kind === 'p' ? 'partitioned table' : kind === 'm' ? 'materialized view' : 'table',
    counted: counted === 't',
    bytes: Number(bytes),
    columns: (columns.get(oid) ?? []).map(({ column }) => column),
    key: key === '' ? [] : key.split(' ').map(Number),
  }))
}

const tablesQuery = `
  with relation as (
    select c.oid, c.relkind, c.relispartition, ${qualified('n.nspname', 'c.relname')} as name,
      case when c.relkind = 'p' or c.relispartition then pg_partition_root(c.oid) end as root
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where (c.relkind in ('r', 'p') or c.relkind = 'm' and c.relispopulated) and ${userSchema('n')}
      and not exists (select from unnest($1::text[], $2::text[]) ignored(schema, name)
        where ignored.name = c.relname and (ignored.schema is null or ignored.schema = n.nspname))
  ), far as (
    select r.oid from relation r where r.relkind = 'p' and r.oid = r.root and exists (
      select from pg_partition_tree(r.oid) t join pg_class c on c.oid = t.relid where c.relkind = 'f')
  )
  select r.name, r.oid, r.relkind as kind,
    case when r.root is null then true
      when r.root in (select oid from far) then r.relkind = 'r'
      else r.oid = r.root end as counted,
    case when r.relkind = 'p'
      then (select coalesce(sum(pg_total_relation_size(t.relid)), 0) from pg_partition_tree(r.oid) t)
      else pg_total_relation_size(r.oid) end as bytes,
    coalesce((select i.indkey::text from pg_index i
      where i.indrelid = r.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
        and i.indnatts = i.indnkeyatts
        and not exists (select from pg_attribute a where a.attrelid = r.oid and not a.attnotnull
          and a.attnum = any (i.indkey::int2[]))
      order by i.indisprimary desc, i.indnatts, i.indexrelid limit 1), '') as key
  from relation r
  order by r.name`

async function readColumns(client: Client): Promise<{ oid: string; column: DataColumn }[]> {
  const { rows } = await client.query<
    Record<'oid' | 'name' | 'attnum' | 'type' | 'category', string> & { hashed: HashedType | null }
  >(
    `select a.attrelid as oid, a.attname as name, a.attnum, format_type(a.atttypid, a.atttypmod) as type,
      case when b.oid = any ($1::regtype[]::oid[]) and (b.oid <> 'numeric'::regtype
        or case when t.typtype = 'd' then t.typtypmod else a.atttypmod end >= 0) then b.typname end as hashed,
      b.typcategory as category
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
    where c.relkind in ('r', 'p', 'm') and ${userSchema('n')}
    order by a.attrelid, a.attnum`,
    [hashedTypes],
  )
  return rows.map(({ oid, name, attnum, type, hashed, category }) => ({
    oid,
    column: { name, attnum: Number(attnum), type, hashedAs: hashed, category },
  }))
}
