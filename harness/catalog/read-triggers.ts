import {
  addressOf,
  attributes,
  notOfExtension,
  options,
  qualified,
  userSchema,
  type FamilyQuery,
} from './family.ts'

/** Triggers that somebody created; a partition's copy names its original in `partOf`. */
export const triggers: FamilyQuery = ({ major }) => `
  select 'trigger' as kind, ${qualified('n.nspname', 'c.relname')} || '.' || quote_ident(t.tgname) as name,
    ${qualified('n.nspname', 'c.relname')} as parent, ${addressOf('pg_trigger', 't.oid')} as address,
    ${attributes({
      definition: 'pg_get_triggerdef(t.oid)',
      fires: firing('t.tgenabled'),
      partOf:
        major >= 13
          ? `(select ${qualified('pn.nspname', 'p.relname')} || '.' || quote_ident(u.tgname)
              from pg_trigger u join pg_class p on p.oid = u.tgrelid
              join pg_namespace pn on pn.oid = p.relnamespace where u.oid = t.tgparentid)`
          : 'null',
    })} as attributes
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where not t.tgisinternal and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
    and ${notOfExtension('pg_trigger', 't.oid')}`

/** Event triggers. */
export const eventTriggers: FamilyQuery = () => `
  select 'event trigger' as kind, quote_ident(e.evtname) as name, null as parent,
    ${addressOf('pg_event_trigger', 'e.oid')} as address,
    ${attributes({
      event: 'e.evtevent',
      function: 'e.evtfoid::regprocedure::text',
      tags: options('e.evttags'),
      fires: firing('e.evtenabled'),
      owner: 'pg_get_userbyid(e.evtowner)',
    })} as attributes
  from pg_event_trigger e where ${notOfExtension('pg_event_trigger', 'e.oid')}`

/** Rules, without the one that makes a view a view. */
export const rules: FamilyQuery = () => `
  select 'rule' as kind, ${qualified('n.nspname', 'c.relname')} || '.' || quote_ident(r.rulename) as name,
    ${qualified('n.nspname', 'c.relname')} as parent, ${addressOf('pg_rewrite', 'r.oid')} as address,
    ${attributes({ definition: 'pg_get_ruledef(r.oid)', fires: firing('r.ev_enabled') })} as attributes
  from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
  where r.rulename <> '_RETURN' and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

/** Row-level security policies. */
export const policies: FamilyQuery = () => `
  select 'policy' as kind, ${qualified('n.nspname', 'c.relname')} || '.' || quote_ident(p.polname) as name,
    ${qualified('n.nspname', 'c.relname')} as parent, ${addressOf('pg_policy', 'p.oid')} as address,
    ${attributes({
      command: `case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert'
        when 'w' then 'update' else 'delete' end`,
      permissive: 'p.polpermissive',
      roles: `(select string_agg(role, ', ' order by role) from (
        select case r when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(r)) end as role
        from unnest(p.polroles) r) roles)`,
      using: 'pg_get_expr(p.polqual, p.polrelid)',
      check: 'pg_get_expr(p.polwithcheck, p.polrelid)',
    })} as attributes
  from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

function firing(enabled: string): string {
  return `case ${enabled} when 'O' then 'normally' when 'D' then 'disabled' when 'R' then 'on replicas'
    else 'always' end`
}
