import {
  addressOf,
  attributes,
  explicitGrants,
  notOfExtension,
  options,
  qualified,
  userSchema,
  type FamilyQuery,
} from './family.ts'

/**
 * Columns of tables, foreign tables, views and materialized views. NOT NULL is an attribute on every major,
 * also where the server keeps a constraint for it (Postgres 18).
 */
export const columns: FamilyQuery = ({ major }) => `
  with relation as (
    select c.oid, c.relkind, c.relispartition, c.relowner, ${qualified('n.nspname', 'c.relname')} as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm') and ${userSchema('n')}
      and ${notOfExtension('pg_class', 'c.oid')}
  ), ancestor as (
    select i.inhrelid, ${qualified('n.nspname', 'c.relname')} as name
    from pg_inherits i join pg_class c on c.oid = i.inhparent join pg_namespace n on n.oid = c.relnamespace
    where i.inhseqno = 1
  )
  select 'column' as kind, r.name || '.' || quote_ident(a.attname) as name, r.name as parent,
    ${addressOf('pg_class', 'r.oid', 'a.attnum')} as address,
    ${attributes(columnAttributes(major))} as attributes
  from relation r
  join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  left join ancestor p on p.inhrelid = r.oid and a.attinhcount > 0`

function columnAttributes(major: number): Record<string, string> {
  return {
    position: `row_number() over (partition by a.attrelid order by a.attnum)`,
    type: `format_type(a.atttypid, a.atttypmod)`,
    notNull: major >= 18 ? notNullOf18 : `case when a.attnotnull then true end`,
    default: `case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end`,
    generated: `case a.attgenerated when 's' then pg_get_expr(d.adbin, d.adrelid) || ' stored'
      when 'v' then pg_get_expr(d.adbin, d.adrelid) || ' virtual' end`,
    identity: `case a.attidentity when 'a' then 'always' when 'd' then 'by default' end`,
    collation: `case when a.attcollation <> t.typcollation then (select ${qualified('n.nspname', 'co.collname')}
      from pg_collation co join pg_namespace n on n.oid = co.collnamespace where co.oid = a.attcollation) end`,
    storage: `case when a.attstorage <> t.typstorage then case a.attstorage when 'p' then 'plain'
      when 'e' then 'external' when 'm' then 'main' else 'extended' end end`,
    compression: major >= 14 ? `case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end` : `null`,
    statistics: `case when a.attstattarget >= 0 then a.attstattarget end`,
    options: declaredOptions,
    foreignOptions: options('a.attfdwoptions'),
    inherited: `case when a.attinhcount > 0 and not r.relispartition then
      case when a.attislocal then 'merged' else 'inherited' end end`,
    grants: explicitGrants('a.attacl', 'r.relowner'),
    partOf: `p.name || '.' || quote_ident(a.attname)`,
  }
}

/**
 * Without `pg_attver`, the WAL position at which the server last made or changed the column. Measured on
 * Debian's 17.12: there on every column, pg_dump leaves it out, ALTER TABLE can neither set nor reset it.
 */
const declaredOptions = `(select string_agg(o, ', ' order by o) from unnest(a.attoptions) o
  where o not like 'pg\\_attver=%')`

const notNullOf18 = `case when exists (select from pg_constraint k where k.conrelid = a.attrelid
    and k.contype = 'n' and k.conkey = array[a.attnum] and not k.convalidated) then to_json('not valid'::text)
  when a.attnotnull then to_json(true) end`
