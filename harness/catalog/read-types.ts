import {
  addressOf,
  attributes,
  grants,
  notOfExtension,
  qualified,
  userSchema,
  type FamilyQuery,
} from './family.ts'

/** Enum, composite, range, domain and base types; array, row and multirange types come with theirs. */
export const types: FamilyQuery = ({ major }) => `
  select case t.typtype when 'd' then 'domain' else 'type' end as kind,
    ${qualified('n.nspname', 't.typname')} as name, quote_ident(n.nspname) as parent,
    ${addressOf('pg_type', 't.oid')} as address, ${attributes(typeAttributes(major))} as attributes
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
  left join pg_class c on c.oid = t.typrelid
  left join pg_range r on r.rngtypid = t.oid
  where ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
    and (t.typrelid = 0 or c.relkind = 'c') and t.typtype <> 'm'
    and not exists (select from pg_type e where e.typarray = t.oid)`

function typeAttributes(major: number): Record<string, string> {
  return {
    variety: `case t.typtype when 'e' then 'enum' when 'c' then 'composite' when 'r' then 'range'
      when 'p' then 'shell' when 'b' then 'base' end`,
    labels: `case when t.typtype = 'e' then (select string_agg(quote_literal(e.enumlabel), ', '
      order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) end`,
    attributes: `case when t.typtype = 'c' then (select string_agg(quote_ident(a.attname) || ' '
      || format_type(a.atttypid, a.atttypmod) || coalesce(' collate ' || ${collationOf('a.attcollation', 'a.atttypid')}, ''),
      ', ' order by a.attnum) from pg_attribute a
      where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) end`,
    attributeComments: `case when t.typtype = 'c' then (select string_agg(quote_ident(a.attname) || ': '
      || quote_literal(d.description), ', ' order by a.attname)
      from pg_attribute a join pg_description d on d.objoid = a.attrelid and d.objsubid = a.attnum
        and d.classoid = 'pg_class'::regclass
      where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) end`,
    base: `case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end`,
    notNull: `case when t.typnotnull then true end`,
    default: `coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault)`,
    collation: `case when t.typtype = 'd' then ${collationOf('t.typcollation', 't.typbasetype')} end`,
    subtype: `case when t.typtype = 'r' then format_type(r.rngsubtype, null)
      || coalesce(' collate ' || ${collationOf('r.rngcollation', 'r.rngsubtype')}, '') end`,
    operatorClass: `(select ${qualified('on_.nspname', 'o.opcname')} from pg_opclass o
      join pg_namespace on_ on on_.oid = o.opcnamespace where o.oid = r.rngsubopc)`,
    canonical: `nullif(r.rngcanonical::oid, 0)::regprocedure::text`,
    difference: `nullif(r.rngsubdiff::oid, 0)::regprocedure::text`,
    multirange: major >= 14 ? `nullif(r.rngmultitypid, 0)::regtype::text` : `null`,
    functions: `case when t.typtype = 'b' then concat_ws(' ', t.typinput::oid::regprocedure,
      t.typoutput::oid::regprocedure, nullif(t.typreceive::oid, 0)::regprocedure,
      nullif(t.typsend::oid, 0)::regprocedure, t.typlen, t.typalign, t.typstorage, t.typcategory) end`,
    owner: `pg_get_userbyid(t.typowner)`,
    grants: grants('t.typacl', 'T', 't.typowner'),
  }
}

function collationOf(collation: string, type: string): string {
  return `(select ${qualified('cn.nspname', 'co.collname')} from pg_collation co
    join pg_namespace cn on cn.oid = co.collnamespace
    where co.oid = ${collation} and co.oid <> (select y.typcollation from pg_type y where y.oid = ${type}))`
}

/** Collations and encoding conversions. */
export const collations: FamilyQuery = () => `
  select 'collation' as kind, ${qualified('n.nspname', 'c.collname')} as name, quote_ident(n.nspname) as parent,
    ${addressOf('pg_collation', 'c.oid')} as address,
    -- What these columns are called changes from major to major; all that the server has is taken.
    (jsonb_strip_nulls(to_jsonb(c) - '{oid,collname,collnamespace,collowner,collversion}'::text[])
      || jsonb_build_object('owner', pg_get_userbyid(c.collowner)))::text as attributes
  from pg_collation c join pg_namespace n on n.oid = c.collnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_collation', 'c.oid')}
  union all
  select 'conversion', ${qualified('n.nspname', 'c.conname')}, quote_ident(n.nspname),
    ${addressOf('pg_conversion', 'c.oid')},
    ${attributes({
      from: 'pg_encoding_to_char(c.conforencoding)',
      to: 'pg_encoding_to_char(c.contoencoding)',
      function: 'c.conproc::oid::regprocedure::text',
      default: 'c.condefault',
      owner: 'pg_get_userbyid(c.conowner)',
    })}
  from pg_conversion c join pg_namespace n on n.oid = c.connamespace
  where ${userSchema('n')} and ${notOfExtension('pg_conversion', 'c.oid')}`
