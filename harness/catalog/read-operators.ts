import { addressOf, attributes, notOfExtension, qualified, userSchema, type FamilyQuery } from './family.ts'

/** The first object id that the server gives away after initdb. */
const firstNormalOid = 16_384

/** Operators. */
export const operators: FamilyQuery = () => `
  select 'operator' as kind, ${operatorName} as name, quote_ident(n.nspname) as parent,
    ${addressOf('pg_operator', 'o.oid')} as address,
    ${attributes({
      result: 'format_type(o.oprresult, null)',
      function: 'nullif(o.oprcode::oid, 0)::regprocedure::text',
      commutator: 'nullif(o.oprcom, 0)::regoperator::text',
      negator: 'nullif(o.oprnegate, 0)::regoperator::text',
      restrict: 'nullif(o.oprrest::oid, 0)::regprocedure::text',
      join: 'nullif(o.oprjoin::oid, 0)::regprocedure::text',
      hashes: 'o.oprcanhash',
      merges: 'o.oprcanmerge',
      owner: 'pg_get_userbyid(o.oprowner)',
    })} as attributes
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_operator', 'o.oid')}`

const operatorName = `quote_ident(n.nspname) || '.' || o.oprname || '('
  || coalesce(format_type(nullif(o.oprleft, 0), null), 'NONE') || ', '
  || coalesce(format_type(nullif(o.oprright, 0), null), 'NONE') || ')'`

/** Operator classes, and families with all their members. */
export const operatorClasses: FamilyQuery = () => `
  select 'operator class' as kind,
    ${qualified('n.nspname', 'o.opcname')} || ' using ' || quote_ident(a.amname) as name,
    quote_ident(n.nspname) as parent, ${addressOf('pg_opclass', 'o.oid')} as address,
    ${attributes({
      type: 'format_type(o.opcintype, null)',
      default: 'o.opcdefault',
      family: qualified('fn.nspname', 'f.opfname'),
      storage: 'format_type(nullif(o.opckeytype, 0), null)',
      owner: 'pg_get_userbyid(o.opcowner)',
    })} as attributes
  from pg_opclass o join pg_namespace n on n.oid = o.opcnamespace join pg_am a on a.oid = o.opcmethod
  join pg_opfamily f on f.oid = o.opcfamily join pg_namespace fn on fn.oid = f.opfnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_opclass', 'o.oid')}
  union all
  select 'operator family', ${qualified('n.nspname', 'f.opfname')} || ' using ' || quote_ident(a.amname),
    quote_ident(n.nspname), ${addressOf('pg_opfamily', 'f.oid')},
    ${attributes({
      operators: `(select string_agg(concat_ws(' ', p.amopstrategy, p.amopopr::regoperator, p.amoppurpose), ', '
        order by p.amopstrategy, p.amopopr::regoperator::text) from pg_amop p where p.amopfamily = f.oid)`,
      functions: `(select string_agg(concat_ws(' ', p.amprocnum, format_type(p.amproclefttype, null),
        format_type(p.amprocrighttype, null), p.amproc::oid::regprocedure), ', '
        order by p.amprocnum, p.amproc::oid::regprocedure::text, p.amproclefttype::regtype::text,
        p.amprocrighttype::regtype::text) from pg_amproc p where p.amprocfamily = f.oid)`,
      owner: 'pg_get_userbyid(f.opfowner)',
    })}
  from pg_opfamily f join pg_namespace n on n.oid = f.opfnamespace join pg_am a on a.oid = f.opfmethod
  where ${userSchema('n')} and ${notOfExtension('pg_opfamily', 'f.oid')}`

/** Casts and transforms that somebody created. */
export const casts: FamilyQuery = () => `
  select 'cast' as kind,
    '(' || format_type(c.castsource, null) || ' AS ' || format_type(c.casttarget, null) || ')' as name,
    null as parent, ${addressOf('pg_cast', 'c.oid')} as address,
    ${attributes({
      function: 'nullif(c.castfunc, 0)::regprocedure::text',
      context: `case c.castcontext when 'e' then 'explicit' when 'a' then 'assignment' else 'implicit' end`,
      method: `case c.castmethod when 'f' then 'function' when 'i' then 'inout' else 'binary' end`,
    })} as attributes
  from pg_cast c where c.oid >= ${firstNormalOid} and ${notOfExtension('pg_cast', 'c.oid')}
    -- A range's cast to its multirange comes with the type.
    and not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = c.oid
      and d.deptype = 'i')
  union all
  select 'transform', 'for ' || format_type(t.trftype, null) || ' language ' || quote_ident(l.lanname), null,
    ${addressOf('pg_transform', 't.oid')},
    ${attributes({
      fromSql: 'nullif(t.trffromsql::oid, 0)::regprocedure::text',
      toSql: 'nullif(t.trftosql::oid, 0)::regprocedure::text',
    })}
  from pg_transform t join pg_language l on l.oid = t.trflang where ${notOfExtension('pg_transform', 't.oid')}`

/** Access methods that somebody created. */
export const accessMethods: FamilyQuery = () => `
  select 'access method' as kind, quote_ident(a.amname) as name, null as parent,
    ${addressOf('pg_am', 'a.oid')} as address,
    ${attributes({ type: 'a.amtype::text', handler: 'a.amhandler::oid::regprocedure::text' })} as attributes
  from pg_am a where a.oid >= ${firstNormalOid} and ${notOfExtension('pg_am', 'a.oid')}`
