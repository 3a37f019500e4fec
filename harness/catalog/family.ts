/** What of the server a family's query depends on. */
export interface ServerTraits {
  readonly major: number
  readonly superuser: boolean
}

/**
 * Lists every object of some kinds in one query, with the columns `kind`, `name`, `parent`, `address` (as
 * `addressOf` writes it) and `attributes` (a JSON object as text).
 */
export type FamilyQuery = (server: ServerTraits) => string

/** Schemas whose objects are the user's: neither the system's nor a session's temporary ones. */
export function userSchema(alias: string): string {
  return `${alias}.nspname !~ '^pg_' and ${alias}.nspname <> 'information_schema'`
}

/** Leaves out what an extension brought: CREATE EXTENSION brings it back, whatever a dump says. */
export function notOfExtension(catalogTable: string, oid: string): string {
  return `${oid} not in (select objid from pg_depend
    where classid = '${catalogTable}'::regclass and deptype = 'e')`
}

/** Where comments and security labels find the object again; never leaves this folder, for it holds an oid. */
export function addressOf(catalogTable: string, oid: string, column = '0'): string {
  return `'${catalogTable} ' || ${oid} || ' ' || ${column}`
}

/** `schema.name`, each part quoted when it must be. */
export function qualified(schema: string, name: string): string {
  return `quote_ident(${schema}) || '.' || quote_ident(${name})`
}

/** A JSON object as text, without the attributes that are null: absent and null are the same. */
export function attributes(pairs: Readonly<Record<string, string>>): string {
  const list = Object.entries(pairs).map(([name, expression]) => `'${name}', ${expression}`)
  return `json_strip_nulls(json_build_object(${list.join(', ')}))::text`
}

/**
 * Privileges as `grantee=PRIVILEGE,…` sorted by grantee, `*` marking the grant option. No list at all means
 * the built-in defaults of `type` (as `acldefault` takes it), so that spelling them out changes nothing; the
 * owner is called `owner`, so that a new owner is one difference and not two.
 */
export function grants(acl: string, type: string, owner: string): string {
  return `coalesce((${exploded(`coalesce(${acl}, acldefault('${type}', ${owner}))`, owner)}), 'none')`
}

/** Privileges granted beyond what the object's own kind gives by default; null when there are none. */
export function explicitGrants(acl: string, owner: string): string {
  return `case when ${acl} is not null then (${exploded(acl, owner)}) end`
}

function exploded(acl: string, owner: string): string {
  return `select string_agg(entry, '; ' order by entry) from (
    select case a.grantee when 0 then 'PUBLIC' when ${owner} then 'owner'
             else quote_ident(pg_get_userbyid(a.grantee)) end
        || '=' || string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ','
                             order by a.privilege_type)
        || case when a.grantor = ${owner} then '' else ' by ' || quote_ident(pg_get_userbyid(a.grantor)) end
      as entry
    from aclexplode(${acl}) a group by a.grantee, a.grantor) entries`
}

/** `name=value, …` in a stable order; null for none. */
export function options(list: string): string {
  return `(select string_agg(o, ', ' order by o) from unnest(${list}) o)`
}

/** Names of options without their values, which may be secrets; null for none. */
export function optionNames(list: string): string {
  return `(select string_agg(split_part(o, '=', 1), ', ' order by o) from unnest(${list}) o)`
}
