import {
  addressOf,
  attributes,
  grants,
  notOfExtension,
  qualified,
  userSchema,
  type FamilyQuery,
} from './family.ts'

/** Functions, procedures and aggregates, told apart by their argument types. */
export const functions: FamilyQuery = () => `
  select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
    ${functionName('p', 'n')} as name, quote_ident(n.nspname) as parent,
    ${addressOf('pg_proc', 'p.oid')} as address,
    ${attributes({
      definition: `case when p.prokind = 'a' then ${aggregateDefinition} else pg_get_functiondef(p.oid) end`,
      owner: 'pg_get_userbyid(p.proowner)',
      grants: grants('p.proacl', 'f', 'p.proowner'),
    })} as attributes
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  left join pg_aggregate a on a.aggfnoid = p.oid
  where ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
    -- Constructors of range types come with their type.
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
      and d.deptype = 'i' and d.refclassid = 'pg_type'::regclass)`

/** Languages other than the built-in ones. */
export const languages: FamilyQuery = () => `
  select 'language' as kind, quote_ident(l.lanname) as name, null as parent,
    ${addressOf('pg_language', 'l.oid')} as address,
    ${attributes({
      trusted: 'l.lanpltrusted',
      handler: 'l.lanplcallfoid::regprocedure::text',
      inline: 'l.laninline::regprocedure::text',
      validator: 'l.lanvalidator::regprocedure::text',
      owner: 'pg_get_userbyid(l.lanowner)',
      grants: grants('l.lanacl', 'l', 'l.lanowner'),
    })} as attributes
  from pg_language l where l.lanispl and ${notOfExtension('pg_language', 'l.oid')}`

function functionName(proc: string, namespace: string): string {
  return `${qualified(`${namespace}.nspname`, `${proc}.proname`)} || '(' || oidvectortypes(${proc}.proargtypes) || ')'`
}

const aggregateDefinition = `concat_ws(' ',
  pg_get_function_arguments(p.oid), 'returns', pg_get_function_result(p.oid),
  'kind', a.aggkind, a.aggnumdirectargs,
  'sfunc', a.aggtransfn::oid::regprocedure, 'stype', format_type(a.aggtranstype, null), 'sspace', a.aggtransspace,
  'finalfunc', nullif(a.aggfinalfn::oid, 0)::regprocedure, a.aggfinalextra, a.aggfinalmodify,
  'combinefunc', nullif(a.aggcombinefn::oid, 0)::regprocedure,
  'serialfunc', nullif(a.aggserialfn::oid, 0)::regprocedure,
  'deserialfunc', nullif(a.aggdeserialfn::oid, 0)::regprocedure,
  'initcond', quote_literal(a.agginitval),
  'msfunc', nullif(a.aggmtransfn::oid, 0)::regprocedure,
  'minvfunc', nullif(a.aggminvtransfn::oid, 0)::regprocedure,
  'mfinalfunc', nullif(a.aggmfinalfn::oid, 0)::regprocedure,
  'mstype', nullif(a.aggmtranstype, 0)::regtype, 'minitcond', quote_literal(a.aggminitval),
  'sortop', nullif(a.aggsortop, 0)::regoperator,
  'parallel', p.proparallel)`
