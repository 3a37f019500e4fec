import { addressOf, attributes, grants, notOfExtension, optionNames, type FamilyQuery } from './family.ts'

/**
 * Foreign data wrappers, servers and user mappings. Of their options only the names are read: the values hold
 * hosts and passwords, which must not reach a report.
 */
export const foreignServers: FamilyQuery = () => `
  select 'foreign data wrapper' as kind, quote_ident(f.fdwname) as name, null as parent,
    ${addressOf('pg_foreign_data_wrapper', 'f.oid')} as address,
    ${attributes({
      handler: 'nullif(f.fdwhandler, 0)::regprocedure::text',
      validator: 'nullif(f.fdwvalidator, 0)::regprocedure::text',
      optionNames: optionNames('f.fdwoptions'),
      owner: 'pg_get_userbyid(f.fdwowner)',
      grants: grants('f.fdwacl', 'F', 'f.fdwowner'),
    })} as attributes
  from pg_foreign_data_wrapper f where ${notOfExtension('pg_foreign_data_wrapper', 'f.oid')}
  union all
  select 'server', quote_ident(s.srvname), quote_ident(f.fdwname), ${addressOf('pg_foreign_server', 's.oid')},
    ${attributes({
      wrapper: 'f.fdwname',
      type: 's.srvtype',
      version: 's.srvversion',
      optionNames: optionNames('s.srvoptions'),
      owner: 'pg_get_userbyid(s.srvowner)',
      grants: grants('s.srvacl', 'S', 's.srvowner'),
    })}
  from pg_foreign_server s join pg_foreign_data_wrapper f on f.oid = s.srvfdw
  where ${notOfExtension('pg_foreign_server', 's.oid')}
  union all
  select 'user mapping', 'for ' || coalesce(quote_ident(pg_get_userbyid(nullif(u.umuser, 0))), 'PUBLIC')
      || ' server ' || quote_ident(u.srvname), quote_ident(u.srvname), ${addressOf('pg_user_mapping', 'u.umid')},
    ${attributes({ optionNames: optionNames('u.umoptions') })}
  from pg_user_mappings u`
