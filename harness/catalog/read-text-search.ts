import { addressOf, attributes, notOfExtension, qualified, userSchema, type FamilyQuery } from './family.ts'

/** Text search configurations with their mappings, and dictionaries with their options. */
export const textSearch: FamilyQuery = () => `
  select 'text search configuration' as kind, ${qualified('n.nspname', 'c.cfgname')} as name,
    quote_ident(n.nspname) as parent, ${addressOf('pg_ts_config', 'c.oid')} as address,
    ${attributes({
      parser: qualified('pn.nspname', 'p.prsname'),
      mappings: `(select string_agg(k.alias || ': ' || m.dictionaries, '; ' order by k.alias) from (
        select g.maptokentype, string_agg(g.mapdict::regdictionary::text, ', ' order by g.mapseqno) as dictionaries
        from pg_ts_config_map g where g.mapcfg = c.oid group by g.maptokentype) m
        join ts_token_type(c.cfgparser) k on k.tokid = m.maptokentype)`,
      owner: 'pg_get_userbyid(c.cfgowner)',
    })} as attributes
  from pg_ts_config c join pg_namespace n on n.oid = c.cfgnamespace
  join pg_ts_parser p on p.oid = c.cfgparser join pg_namespace pn on pn.oid = p.prsnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_ts_config', 'c.oid')}
  union all
  select 'text search dictionary', ${qualified('n.nspname', 'd.dictname')}, quote_ident(n.nspname),
    ${addressOf('pg_ts_dict', 'd.oid')},
    ${attributes({
      template: qualified('tn.nspname', 't.tmplname'),
      options: 'd.dictinitoption',
      owner: 'pg_get_userbyid(d.dictowner)',
    })}
  from pg_ts_dict d join pg_namespace n on n.oid = d.dictnamespace
  join pg_ts_template t on t.oid = d.dicttemplate join pg_namespace tn on tn.oid = t.tmplnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_ts_dict', 'd.oid')}`

/** Text search parsers and templates, which only a superuser can make. */
export const textSearchInternals: FamilyQuery = () => `
  select 'text search parser' as kind, ${qualified('n.nspname', 'p.prsname')} as name,
    quote_ident(n.nspname) as parent, ${addressOf('pg_ts_parser', 'p.oid')} as address,
    ${attributes({
      functions: `concat_ws(' ', p.prsstart::oid::regprocedure, p.prstoken::oid::regprocedure,
        p.prsend::oid::regprocedure, nullif(p.prsheadline::oid, 0)::regprocedure, p.prslextype::oid::regprocedure)`,
    })} as attributes
  from pg_ts_parser p join pg_namespace n on n.oid = p.prsnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_ts_parser', 'p.oid')}
  union all
  select 'text search template', ${qualified('n.nspname', 't.tmplname')}, quote_ident(n.nspname),
    ${addressOf('pg_ts_template', 't.oid')},
    ${attributes({
      functions: `concat_ws(' ', nullif(t.tmplinit::oid, 0)::regprocedure, t.tmpllexize::oid::regprocedure)`,
    })}
  from pg_ts_template t join pg_namespace n on n.oid = t.tmplnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_ts_template', 't.oid')}`
