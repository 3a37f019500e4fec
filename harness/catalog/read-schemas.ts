import { addressOf, attributes, grants, notOfExtension, userSchema, type FamilyQuery } from './family.ts'

/** Schemas. */
export const schemas: FamilyQuery = () => `
  select 'schema' as kind, quote_ident(n.nspname) as name, null as parent,
    ${addressOf('pg_namespace', 'n.oid')} as address,
    ${attributes({ owner: 'pg_get_userbyid(n.nspowner)', grants: grants('n.nspacl', 'n', 'n.nspowner') })} as attributes
  from pg_namespace n
  where ${userSchema('n')} and ${notOfExtension('pg_namespace', 'n.oid')}`

/** Extensions, by version and schema; what they brought is left out everywhere. */
export const extensions: FamilyQuery = () => `
  select 'extension' as kind, quote_ident(e.extname) as name, quote_ident(n.nspname) as parent,
    ${addressOf('pg_extension', 'e.oid')} as address,
    ${attributes({
      version: 'e.extversion',
      schema: 'n.nspname',
      owner: 'pg_get_userbyid(e.extowner)',
    })} as attributes
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace`
