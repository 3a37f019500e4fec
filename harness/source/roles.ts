import { escapeIdentifier, escapeLiteral } from 'pg'
import type { Client } from 'pg'

/**
 * Statements that make every role of the server, its memberships and its own settings, as `pg_dumpall --roles-only
 * --no-role-passwords` writes them. Reads what every role may read.
 */
export async function roleStatements(client: Client): Promise<string[]> {
  const roles = await client.query<{ name: string; words: string }>(attributes)
  const members = await client.query<{ role: string; member: string; admin: 't' | 'f' }>(memberships)
  const settings = await client.query<{ role: string; name: string; value: string }>(ownSettings)
  return [
    ...roles.rows.map(({ name }) => `CREATE ROLE ${escapeIdentifier(name)};`),
    ...roles.rows.map(({ name, words }) => `ALTER ROLE ${escapeIdentifier(name)} WITH ${words};`),
    ...members.rows.map(
      ({ role, member, admin }) =>
        `GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(member)}${admin === 't' ? ' WITH ADMIN OPTION' : ''};`,
    ),
    ...settings.rows.map(
      ({ role, name, value }) =>
        `ALTER ROLE ${escapeIdentifier(role)} SET ${escapeIdentifier(name)} TO ${listed(name, value)};`,
    ),
  ]
}

/** A list is stored as identifiers, and would be one name of them all as a literal. */
function listed(name: string, value: string): string {
  return name === 'search_path' ? value || `''` : escapeLiteral(value)
}

const attributes = `
  select rolname as name, concat_ws(' ',
    case when rolsuper then 'SUPERUSER' else 'NOSUPERUSER' end,
    case when rolinherit then 'INHERIT' else 'NOINHERIT' end,
    case when rolcreaterole then 'CREATEROLE' else 'NOCREATEROLE' end,
    case when rolcreatedb then 'CREATEDB' else 'NOCREATEDB' end,
    case when rolcanlogin then 'LOGIN' else 'NOLOGIN' end,
    case when rolreplication then 'REPLICATION' else 'NOREPLICATION' end,
    case when rolbypassrls then 'BYPASSRLS' else 'NOBYPASSRLS' end) as words
  from pg_catalog.pg_roles where rolname !~ '^pg_' order by 1`

const memberships = `
  select distinct r.rolname as role, m.rolname as member, a.admin_option as admin
    from pg_catalog.pg_auth_members a
    join pg_catalog.pg_roles r on r.oid = a.roleid
    join pg_catalog.pg_roles m on m.oid = a.member
   where m.rolname !~ '^pg_' order by 1, 2`

const ownSettings = `
  select r.rolname as role, split_part(s.setting, '=', 1) as name,
    substr(s.setting, strpos(s.setting, '=') + 1) as value
    from pg_catalog.pg_db_role_setting d
    join pg_catalog.pg_roles r on r.oid = d.setrole
    cross join lateral unnest(d.setconfig) s(setting)
   where d.setdatabase = 0 order by 1, 2`
