import type { Client } from 'pg'
import {
  addressOf,
  attributes,
  grants,
  notOfExtension,
  qualified,
  userSchema,
  type FamilyQuery,
} from './family.ts'

/**
 * Sequences without their state (`readSequenceStates`). One that a column owns belongs to that column, and
 * its owner is always the table's, so it is not told again. `readable` is false where the role may not read it.
 */
export const sequences: FamilyQuery = () => `
  select 'sequence' as kind, ${qualified('n.nspname', 'c.relname')} as name,
    coalesce(o.name, quote_ident(n.nspname)) as parent,
    ${addressOf('pg_class', 'c.oid')} as address,
    ${attributes({
      type: `format_type(s.seqtypid, null)`,
      start: `s.seqstart::text`,
      increment: `s.seqincrement::text`,
      min: `s.seqmin::text`,
      max: `s.seqmax::text`,
      cache: `s.seqcache::text`,
      cycle: `case when s.seqcycle then true end`,
      ownedBy: `o.name`,
      readable: `case when not has_sequence_privilege(c.oid, 'SELECT') then false end`,
      identity: `case when o.deptype = 'i' then true end`,
      persistence: `case c.relpersistence when 'u' then 'unlogged' end`,
      owner: `case when o.name is null then pg_get_userbyid(c.relowner) end`,
      grants: grants('c.relacl', 's', 'c.relowner'),
    })} as attributes
  from pg_sequence s
  join pg_class c on c.oid = s.seqrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join lateral (
    select d.deptype,
      ${qualified('tn.nspname', 't.relname')} || '.' || quote_ident(a.attname) as name
    from pg_depend d
    join pg_class t on t.oid = d.refobjid
    join pg_namespace tn on tn.oid = t.relnamespace
    join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
      and d.refobjsubid > 0 and d.deptype in ('a', 'i')
    limit 1
  ) o on true
  where ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

/** How many sequences one query reads. */
const batch = 500

/**
 * What each of the named sequences (quoted, qualified) gives next, as text: `last_value` and `is_called` in
 * one number, read from the sequences themselves because `pg_sequences` does not tell `setval(…, false)`.
 */
export async function readSequenceStates(
  client: Client,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const states = new Map<string, string>()
  for (let start = 0; start < names.length; start += batch) {
    const selects = names.slice(start, start + batch).map(
      (name) => `select ${client.escapeLiteral(name)} as name, (q.last_value::numeric
        + case when q.is_called then s.seqincrement else 0 end)::text as next
        from ${name} q, pg_sequence s where s.seqrelid = ${client.escapeLiteral(name)}::regclass`,
    )
    const { rows } = await client.query<{ name: string; next: string }>(selects.join(' union all '))
    for (const { name, next } of rows) states.set(name, next)
  }
  return states
}
