import { addressOf, attributes, explicitGrants, grants, type FamilyQuery } from './family.ts'

/** The database itself, nameless so that a clone is equal, and the settings that it or a role in it has. */
export const database: FamilyQuery = () => `
  select 'database' as kind, 'database' as name, null as parent, ${addressOf('pg_database', 'd.oid')} as address,
    ${attributes({
      encoding: 'pg_encoding_to_char(d.encoding)',
      collate: 'd.datcollate',
      ctype: 'd.datctype',
      connectionLimit: 'case when d.datconnlimit >= 0 then d.datconnlimit end',
      owner: 'pg_get_userbyid(d.datdba)',
      grants: grants('d.datacl', 'd', 'd.datdba'),
    })} as attributes
  from pg_database d where d.datname = current_database()
  union all
  select 'database setting',
    coalesce(quote_ident(pg_get_userbyid(nullif(s.setrole, 0))) || '.', '') || split_part(e.entry, '=', 1), null, null,
    ${attributes({ value: `substr(e.entry, strpos(e.entry, '=') + 1)` })}
  from pg_db_role_setting s cross join unnest(s.setconfig) e(entry)
  where s.setdatabase = (select oid from pg_database where datname = current_database())`

/** ALTER DEFAULT PRIVILEGES, spelt as what it concerns. */
export const defaultPrivileges: FamilyQuery = () => `
  select 'default privileges' as kind,
    'for ' || quote_ident(pg_get_userbyid(d.defaclrole)) || coalesce(' in ' || quote_ident(n.nspname), '')
      || ' on ' || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end as name,
    quote_ident(n.nspname) as parent, ${addressOf('pg_default_acl', 'd.oid')} as address,
    ${attributes({ grants: explicitGrants('d.defaclacl', 'd.defaclrole') })} as attributes
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace`

/** Large objects, counted by owner and grants: they have no names to compare by. */
export const largeObjects: FamilyQuery = () => `
  select 'large objects' as kind, 'of ' || l.owner || coalesce(' with ' || l.grants, '') as name, null as parent,
    null as address, ${attributes({ count: 'count(*)' })} as attributes
  from (select quote_ident(pg_get_userbyid(m.lomowner)) as owner,
      ${explicitGrants('m.lomacl', 'm.lomowner')} as grants
    from pg_largeobject_metadata m) l
  group by l.owner, l.grants`
