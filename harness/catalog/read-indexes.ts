import { addressOf, attributes, notOfExtension, qualified, userSchema, type FamilyQuery } from './family.ts'

/** Indexes; one that a constraint made belongs to that constraint. */
export const indexes: FamilyQuery = () => `
  select 'index' as kind, ${qualified('n.nspname', 'x.relname')} as name,
    ${qualified('n.nspname', 'c.relname')} || coalesce('.' || quote_ident(k.conname), '') as parent,
    ${addressOf('pg_class', 'x.oid')} as address,
    ${attributes({
      definition: `pg_get_indexdef(x.oid)`,
      valid: `i.indisvalid and i.indisready`,
      clustered: `case when i.indisclustered then true end`,
      replicaIdentity: `case when i.indisreplident then true end`,
      tablespace: `ts.spcname`,
      statistics: `(select string_agg(a.attnum || '=' || a.attstattarget, ', ' order by a.attnum)
        from pg_attribute a where a.attrelid = x.oid and a.attstattarget >= 0)`,
      partOf: `(select ${qualified('pn.nspname', 'p.relname')} from pg_inherits h
        join pg_class p on p.oid = h.inhparent join pg_namespace pn on pn.oid = p.relnamespace
        where h.inhrelid = x.oid)`,
    })} as attributes
  from pg_index i
  join pg_class x on x.oid = i.indexrelid
  join pg_class c on c.oid = i.indrelid
  join pg_namespace n on n.oid = x.relnamespace
  left join pg_constraint k on k.conindid = x.oid and k.conrelid = c.oid and k.contype in ('p', 'u', 'x')
  left join pg_tablespace ts on ts.oid = x.reltablespace
  where c.relkind in ('r', 'p', 'm') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

/** Extended statistics. */
export const statistics: FamilyQuery = ({ major }) => `
  select 'statistics' as kind, ${qualified('n.nspname', 's.stxname')} as name,
    ${qualified('cn.nspname', 'c.relname')} as parent,
    ${addressOf('pg_statistic_ext', 's.oid')} as address,
    ${attributes({
      definition: `pg_get_statisticsobjdef(s.oid)`,
      target: major >= 13 ? `case when s.stxstattarget >= 0 then s.stxstattarget end` : `null`,
      owner: `pg_get_userbyid(s.stxowner)`,
    })} as attributes
  from pg_statistic_ext s
  join pg_class c on c.oid = s.stxrelid
  join pg_namespace n on n.oid = s.stxnamespace
  join pg_namespace cn on cn.oid = c.relnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_statistic_ext', 's.oid')}`
