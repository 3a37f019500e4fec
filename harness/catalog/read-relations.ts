import {
  addressOf,
  attributes,
  grants,
  notOfExtension,
  options,
  qualified,
  userSchema,
  type FamilyQuery,
} from './family.ts'

/** Tables (partitioned ones and partitions too), foreign tables, views and materialized views. */
export const relations: FamilyQuery = () => `
  select case c.relkind when 'f' then 'foreign table' when 'v' then 'view'
      when 'm' then 'materialized view' else 'table' end as kind,
    ${qualified('n.nspname', 'c.relname')} as name, quote_ident(n.nspname) as parent,
    ${addressOf('pg_class', 'c.oid')} as address,
    ${attributes(relationAttributes)} as attributes
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_class t on t.oid = c.reltoastrelid
  left join pg_am am on am.oid = c.relam
  left join pg_tablespace ts on ts.oid = c.reltablespace
  left join pg_foreign_table f on f.ftrelid = c.oid
  left join pg_foreign_server s on s.oid = f.ftserver
  where c.relkind in ('r', 'p', 'f', 'v', 'm') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

const ancestors = `(select string_agg(${qualified('pn.nspname', 'p.relname')}, ', ' order by i.inhseqno)
  from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
  where i.inhrelid = c.oid)`

const relationAttributes = {
  definition: `case when c.relkind in ('v', 'm') then btrim(pg_get_viewdef(c.oid), ' ;') end`,
  populated: `case when c.relkind = 'm' then c.relispopulated end`,
  partitionedBy: `case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end`,
  partitionOf: `case when c.relispartition then ${ancestors} end`,
  partitionBound: `pg_get_expr(c.relpartbound, c.oid)`,
  inherits: `case when not c.relispartition then ${ancestors} end`,
  ofType: `case when c.reloftype <> 0 then format_type(c.reloftype, null) end`,
  persistence: `case c.relpersistence when 'u' then 'unlogged' end`,
  accessMethod: `am.amname`,
  options: options('c.reloptions'),
  toastOptions: options('t.reloptions'),
  tablespace: `ts.spcname`,
  rowSecurity: `case when c.relrowsecurity then
    case when c.relforcerowsecurity then 'forced' else 'enabled' end
    when c.relforcerowsecurity then 'disabled, forced' end`,
  replicaIdentity: `case c.relreplident when 'f' then 'full' when 'i' then 'index'
    when 'n' then case when c.relkind in ('r', 'p') then 'nothing' end end`,
  server: `s.srvname`,
  foreignOptions: options('f.ftoptions'),
  owner: `pg_get_userbyid(c.relowner)`,
  grants: grants('c.relacl', 'r', 'c.relowner'),
}
