/** One query for all kinds, with the columns `kind`, `schema` and `name`. Names are as they are, without quotes. */
export function presentQuery(major: number): string {
  return [
    relations,
    parts,
    ofTables,
    routines,
    ...Object.entries(inSchemas).map(([kind, [table, prefix]]) => namedIn(kind, table, prefix)),
    ...Object.entries(alone).map(([kind, [table, column]]) => namedAlone(kind, table, column)),
    others,
    ...(major >= 15 ? [publishedSchemas] : []),
  ].join('\nunion all\n')
}

const relations = `
  select case when c.relkind in ('i', 'I') then 'INDEX' else 'RELATION' end as kind,
    n.nspname::text as schema, c.relname::text as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'i', 'I') and n.nspname !~ '^pg_(toast|temp)'`

const parts = `
  select k.kind, n.nspname, c.relname
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join lateral (values
    ('TABLE ATTACH', c.relispartition and c.relkind in ('r', 'p', 'f')),
    ('INDEX ATTACH', c.relispartition and c.relkind in ('i', 'I')),
    ('MATERIALIZED VIEW DATA', c.relkind = 'm' and c.relispopulated),
    ('ROW SECURITY', c.relrowsecurity),
    ('SEQUENCE OWNED BY', c.relkind = 'S' and exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.refobjsubid > 0
        and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')))
  ) k(kind, holds)
  where k.holds`

/** Named within a table: `titles titles_pkey`. */
const ofTables = `
  select o.kind, n.nspname, c.relname || ' ' || o.name
  from (
    select 'CONSTRAINT', conrelid, conname from pg_catalog.pg_constraint where conrelid <> 0
    union all select 'TRIGGER', tgrelid, tgname from pg_catalog.pg_trigger where not tgisinternal
    union all select 'RULE', ev_class, rulename from pg_catalog.pg_rewrite
    union all select 'POLICY', polrelid, polname from pg_catalog.pg_policy
    union all select 'DEFAULT', adrelid, attname
      from pg_catalog.pg_attrdef join pg_catalog.pg_attribute on attrelid = adrelid and attnum = adnum
  ) o(kind, relation, name)
  join pg_catalog.pg_class c on c.oid = o.relation
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  union all
  select 'CONSTRAINT', n.nspname, t.typname || ' ' || o.conname
  from pg_catalog.pg_constraint o
  join pg_catalog.pg_type t on t.oid = o.contypid
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace`

const routines = `
  select k.kind, n.nspname, k.name
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  cross join lateral (
    select coalesce(string_agg(pg_catalog.format_type(a.type, null), ', ' order by a.at),
      case when p.prokind = 'a' then '*' else '' end) as list
    from unnest(p.proargtypes::oid[]) with ordinality a(type, at)
  ) a
  cross join lateral (values ('ROUTINE', p.proname || '(' || a.list || ')'), ('ROUTINE NAME', p.proname)) k(kind, name)
  where n.nspname not in ('pg_catalog', 'information_schema')`

/** Kinds whose names are in a schema: their table and the prefix of its columns. */
const inSchemas: Readonly<Record<string, readonly [table: string, prefix: string]>> = {
  TYPE: ['pg_type', 'typ'],
  COLLATION: ['pg_collation', 'coll'],
  CONVERSION: ['pg_conversion', 'con'],
  OPERATOR: ['pg_operator', 'opr'],
  'OPERATOR CLASS': ['pg_opclass', 'opc'],
  'OPERATOR FAMILY': ['pg_opfamily', 'opf'],
  STATISTICS: ['pg_statistic_ext', 'stx'],
  'TEXT SEARCH CONFIGURATION': ['pg_ts_config', 'cfg'],
  'TEXT SEARCH DICTIONARY': ['pg_ts_dict', 'dict'],
  'TEXT SEARCH PARSER': ['pg_ts_parser', 'prs'],
  'TEXT SEARCH TEMPLATE': ['pg_ts_template', 'tmpl'],
}

function namedIn(kind: string, table: string, prefix: string): string {
  return `
  select '${kind}', n.nspname, o.${prefix}name
  from pg_catalog.${table} o join pg_catalog.pg_namespace n on n.oid = o.${prefix}namespace
  where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`
}

/** Kinds whose names stand alone. */
const alone: Readonly<Record<string, readonly [table: string, column: string]>> = {
  SCHEMA: ['pg_namespace', 'nspname'],
  EXTENSION: ['pg_extension', 'extname'],
  'ACCESS METHOD': ['pg_am', 'amname'],
  LANGUAGE: ['pg_language', 'lanname'],
  'FOREIGN DATA WRAPPER': ['pg_foreign_data_wrapper', 'fdwname'],
  SERVER: ['pg_foreign_server', 'srvname'],
  'EVENT TRIGGER': ['pg_event_trigger', 'evtname'],
  PUBLICATION: ['pg_publication', 'pubname'],
  'LARGE OBJECT': ['pg_largeobject_metadata', 'oid::text'],
}

function namedAlone(kind: string, table: string, column: string): string {
  return `select '${kind}', null, ${column} from pg_catalog.${table}`
}

const others = `
  select 'USER MAPPING', null, 'USER MAPPING ' || usename || ' SERVER ' || srvname
  from pg_catalog.pg_user_mappings
  union all
  select 'SUBSCRIPTION', null, s.subname from pg_catalog.pg_subscription s
  join pg_catalog.pg_database d on d.oid = s.subdbid
  where d.datname = pg_catalog.current_database()
  union all
  select 'CAST', null, 'CAST (' || pg_catalog.format_type(castsource, null) || ' AS '
    || pg_catalog.format_type(casttarget, null) || ')'
  from pg_catalog.pg_cast
  union all
  select 'TRANSFORM', null, 'TRANSFORM FOR ' || pg_catalog.format_type(t.trftype, null) || ' LANGUAGE ' || l.lanname
  from pg_catalog.pg_transform t join pg_catalog.pg_language l on l.oid = t.trflang
  union all
  select 'PUBLICATION TABLE', n.nspname, p.pubname || ' ' || c.relname
  from pg_catalog.pg_publication_rel r
  join pg_catalog.pg_publication p on p.oid = r.prpubid
  join pg_catalog.pg_class c on c.oid = r.prrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace`

const publishedSchemas = `
  select 'PUBLICATION TABLES IN SCHEMA', null, p.pubname || ' ' || n.nspname
  from pg_catalog.pg_publication_namespace s
  join pg_catalog.pg_publication p on p.oid = s.pnpubid
  join pg_catalog.pg_namespace n on n.oid = s.pnnspid`
