import { addressOf, attributes, notOfExtension, options, qualified, type FamilyQuery } from './family.ts'

/** Publications and the tables and schemas in them. */
export const publications: FamilyQuery = ({ major }) => `
  select 'publication' as kind, quote_ident(p.pubname) as name, null as parent,
    ${addressOf('pg_publication', 'p.oid')} as address,
    ${attributes({
      allTables: 'p.puballtables',
      publishes: `concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
        case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end)`,
      viaRoot: major >= 13 ? 'p.pubviaroot' : 'null',
      generatedColumns: major >= 18 ? 'p.pubgencols::text' : 'null',
      owner: 'pg_get_userbyid(p.pubowner)',
    })} as attributes
  from pg_publication p where ${notOfExtension('pg_publication', 'p.oid')}
  union all
  select 'publication table', quote_ident(p.pubname) || ': ' || ${qualified('n.nspname', 'c.relname')},
    ${qualified('n.nspname', 'c.relname')}, ${addressOf('pg_publication_rel', 'r.oid')},
    ${attributes({ partOf: 'quote_ident(p.pubname)', ...(major >= 15 ? filters : {}) })}
  from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
  join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace
  ${major >= 15 ? publishedSchemas : ''}`

const filters = {
  columns: `(select string_agg(quote_ident(a.attname), ', ' order by a.attname) from pg_attribute a
    where a.attrelid = c.oid and a.attnum = any (r.prattrs))`,
  where: 'pg_get_expr(r.prqual, r.prrelid)',
}

const publishedSchemas = `
  union all
  select 'publication schema', quote_ident(p.pubname) || ': ' || quote_ident(n.nspname), quote_ident(n.nspname),
    ${addressOf('pg_publication_namespace', 's.oid')}, ${attributes({ partOf: 'quote_ident(p.pubname)' })}
  from pg_publication_namespace s join pg_publication p on p.oid = s.pnpubid
  join pg_namespace n on n.oid = s.pnnspid`

/** Subscriptions of this database, without their connection strings. Older servers show them to superusers only. */
export const subscriptions: FamilyQuery = ({ major, superuser }) => `
  select 'subscription' as kind, quote_ident(s.subname) as name, null as parent,
    ${addressOf('pg_subscription', 's.oid')} as address,
    ${attributes({
      enabled: 's.subenabled',
      slot: 's.subslotname',
      synchronousCommit: 's.subsynccommit',
      publications: options('s.subpublications'),
      owner: 'pg_get_userbyid(s.subowner)',
    })} as attributes
  from ${major >= 14 || superuser ? 'pg_subscription' : nobodysSubscriptions} s
  where s.subdbid = (select oid from pg_database where datname = current_database())`

const nobodysSubscriptions = `(select null::oid as oid, ''::name as subname, 0::oid as subdbid, false as subenabled,
  ''::name as subslotname, ''::text as subsynccommit, '{}'::text[] as subpublications, 0::oid as subowner)`
