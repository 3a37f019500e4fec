import type { Client } from 'pg'
import { qualified, userSchema } from '../catalog/family.ts'
import type { TypeFamily } from './rules/rule.ts'

/** A column of a relation, as far as masking has to know it. */
export interface Column {
  readonly schema: string
  readonly relation: string
  /** Of the relation, qualified and quoted as needed. */
  readonly qualifiedName: string
  readonly oid: string
  readonly kind: 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table'
  /** It is a partition: its rows are masked with its root. */
  readonly partition: boolean
  /** Object ids of the tables that it inherits from. */
  readonly parents: readonly string[]
  readonly name: string
  readonly attnum: number
  /** As a migration would write it: `character varying(20)`, `public.citext`. */
  readonly type: string
  /** What its type is at bottom, domains and arrays unwrapped; null for a type that no ready rule knows. */
  readonly family: TypeFamily | null
  readonly array: boolean
  /** It compares without case. */
  readonly citext: boolean
  /** Characters that it has room for; null for no limit. */
  readonly length: number | null
  readonly notNull: boolean
  readonly generated: boolean
  /** Part of a primary key, a unique index or an exclusion constraint. */
  readonly unique: boolean
}

/** Every column of the user's tables, views and foreign tables, by relation and position. */
export async function readColumns(client: Client): Promise<Column[]> {
  const { rows } = await client.query<Record<keyof Column | 'base', string>>(columnsQuery)
  return rows.map((row) => ({
    ...row,
    kind: kinds[row.kind] ?? 'view',
    partition: row.partition === 't',
    parents: row.parents === '' ? [] : row.parents.split(' '),
    attnum: Number(row.attnum),
    family: families[row.base] ?? null,
    array: row.array === 't',
    citext: row.base === 'citext',
    length: row.length === null ? null : Number(row.length),
    notNull: row.notNull === 't',
    generated: row.generated === 't',
    unique: row.unique === 't',
  }))
}

const kinds: Readonly<Record<string, Column['kind']>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
}

const families: Readonly<Record<string, TypeFamily>> = {
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  citext: 'text',
  json: 'json',
  jsonb: 'json',
  int8: 'whole number',
  numeric: 'whole number',
  uuid: 'uuid',
  bytea: 'bytes',
  inet: 'network',
  cidr: 'network',
  date: 'date',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
}

/** Domains may lie within domains and within arrays, arrays within domains. */
const columnsQuery = `
  with recursive unwrapped as (
    select a.attrelid, a.attnum, a.atttypid as type, a.atttypmod as modifier, false as "array", a.attnotnull as "notNull"
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v', 'm', 'f')
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace and ${userSchema('n')}
    where a.attnum > 0 and not a.attisdropped
    union all
    select u.attrelid, u.attnum, case t.typtype when 'd' then t.typbasetype else t.typelem end,
      case t.typtype when 'd' then t.typtypmod else u.modifier end,
      u."array" or t.typtype <> 'd', u."notNull" or t.typnotnull and not u."array"
    from unwrapped u join pg_catalog.pg_type t on t.oid = u.type
    where t.typtype = 'd' or t.typcategory = 'A' and t.typelem <> 0 and t.typlen = -1
  )
  select n.nspname as schema, c.relname as relation, ${qualified('n.nspname', 'c.relname')} as "qualifiedName", c.oid,
    c.relkind as kind, c.relispartition as partition,
    coalesce((select string_agg(i.inhparent::text, ' ') from pg_catalog.pg_inherits i
      where i.inhrelid = c.oid and not c.relispartition), '') as parents,
    a.attname as name, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, b.typname as base, u."array",
    case when b.typname in ('varchar', 'bpchar') and u.modifier > 4 then u.modifier - 4 end as length,
    u."notNull", a.attgenerated <> '' as generated,
    exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and (i.indisunique or i.indisexclusion)
      and a.attnum = any (i.indkey::int2[])) as "unique"
  from unwrapped u
  join pg_catalog.pg_type b on b.oid = u.type and not (b.typtype = 'd' or b.typcategory = 'A' and b.typelem <> 0 and b.typlen = -1)
  join pg_catalog.pg_attribute a on a.attrelid = u.attrelid and a.attnum = u.attnum
  join pg_catalog.pg_class c on c.oid = u.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  order by n.nspname, c.relname, a.attnum`
