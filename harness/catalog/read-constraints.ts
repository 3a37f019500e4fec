import { addressOf, attributes, notOfExtension, qualified, userSchema, type FamilyQuery } from './family.ts'

/**
 * Constraints of tables and domains, NOT NULL left to the columns. The internal triggers of a foreign key are
 * not objects of their own, but `firing` tells when they do not fire as usual (`DISABLE TRIGGER ALL`). A
 * partition's copy names what it is a copy of in `partOf`.
 */
export const constraints: FamilyQuery = () => `
  select 'constraint' as kind,
    ${qualified('n.nspname', 'c.relname')} || '.' || quote_ident(k.conname) as name,
    ${qualified('n.nspname', 'c.relname')} as parent,
    ${addressOf('pg_constraint', 'k.oid')} as address,
    ${attributes({
      definition: `pg_get_constraintdef(k.oid)`,
      firing: `nullif((select string_agg(distinct t.tgenabled::text, '' order by t.tgenabled::text)
        from pg_trigger t where t.tgconstraint = k.oid and t.tgisinternal), 'O')`,
      inherited: `case when k.coninhcount > 0 and not c.relispartition then
        case when k.conislocal then 'merged' else 'inherited' end end`,
      partOf: `coalesce(
        (select ${qualified('pn.nspname', 'p.relname')} || '.' || quote_ident(u.conname)
          from pg_class p join pg_namespace pn on pn.oid = p.relnamespace where p.oid = u.conrelid),
        (select ${qualified('pn.nspname', 'p.relname')} || '.' || quote_ident(k.conname)
          from pg_inherits i join pg_class p on p.oid = i.inhparent
          join pg_namespace pn on pn.oid = p.relnamespace
          where i.inhrelid = c.oid and i.inhseqno = 1 and k.coninhcount > 0 and k.contype = 'c'))`,
    })} as attributes
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_constraint u on u.oid = k.conparentid
  where k.contype in ('c', 'f', 'p', 'u', 'x') and ${userSchema('n')}
    and ${notOfExtension('pg_class', 'c.oid')}
    -- A reference to a partitioned table is kept once more for each of its partitions.
    and (u.oid is null or u.conrelid <> k.conrelid)
  union all
  select 'domain constraint', ${qualified('n.nspname', 't.typname')} || '.' || quote_ident(k.conname),
    ${qualified('n.nspname', 't.typname')}, ${addressOf('pg_constraint', 'k.oid')},
    ${attributes({ definition: `pg_get_constraintdef(k.oid)` })}
  from pg_constraint k join pg_type t on t.oid = k.contypid join pg_namespace n on n.oid = t.typnamespace
  where k.contype = 'c' and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}`
