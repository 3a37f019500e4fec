import type { Client } from 'pg'
import type { SequenceState } from '../backups/backup-format.ts'

/** How many sequences one query reads. */
const batch = 500

/** The sequences (qualified and quoted) that are there and in another state than the given one, and how it is. */
export async function driftedSequences(
  client: Client,
  expected: readonly SequenceState[],
): Promise<{ name: string; expected: string; found: string }[]> {
  const drifted = []
  for (let start = 0; start < expected.length; start += batch) {
    const found = await readStates(
      client,
      expected.slice(start, start + batch).map(({ name }) => name),
    )
    for (const { name, lastValue, isCalled } of expected.slice(start, start + batch)) {
      const state = found.get(name)
      const wanted = stateText(lastValue, isCalled)
      if (state !== undefined && state.state !== wanted)
        drifted.push({ name: state.name, expected: wanted, found: state.state })
    }
  }
  return drifted
}

/** By the name asked for; those that are not there are left out. */
async function readStates(
  client: Client,
  names: readonly string[],
): Promise<Map<string, { name: string; state: string }>> {
  const present = await client.query<{ asked: string; name: string }>(
    `select asked, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name from unnest($1::text[]) asked
       join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(asked) and c.relkind = 'S'
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace`,
    [names],
  )
  if (present.rows.length === 0) return new Map()
  const selects = present.rows.map(
    ({ asked, name }) =>
      `select ${client.escapeLiteral(asked)} as asked, ${client.escapeLiteral(name)} as name,
         last_value::text as last, is_called as called from ${name}`,
  )
  const { rows } = await client.query<{ asked: string; name: string; last: string; called: string }>(
    selects.join(' union all '),
  )
  return new Map(
    rows.map(({ asked, name, last, called }) => [asked, { name, state: stateText(last, called === 't') }]),
  )
}

function stateText(lastValue: string, isCalled: boolean): string {
  return isCalled ? lastValue : `${lastValue}, not yet given out`
}

/** A sequence whose next value its column has already, or has passed. */
export interface SequenceBehind {
  /** `shop.titles_id_seq`. */
  readonly sequence: string
  /** `shop.titles.id`. */
  readonly column: string
  readonly next: string
  readonly highest: string
}

/**
 * The sequences that are behind a column that they feed: that owns them or has them for its default. A column whose
 * largest value lies beyond the sequence's own bounds was never fed by it alone and is left out.
 */
export async function sequencesBehind(client: Client): Promise<SequenceBehind[]> {
  const { rows } = await client.query<Feed>(feeds)
  const behind: SequenceBehind[] = []
  for (const { sequence, relation, attribute, column, rising } of rows) {
    const highest = `${rising === 't' ? 'max' : 'min'}(${attribute})`
    const query = `
      select next::text, highest::text from (
        select s.last_value::numeric + case when s.is_called then q.seqincrement else 0 end as next,
          (select ${highest}::numeric from ${relation}) as highest, q.seqmin, q.seqmax
        from ${sequence} s, pg_catalog.pg_sequence q
        where q.seqrelid = ${client.escapeLiteral(sequence)}::regclass
      ) r
      where highest between seqmin and seqmax and next ${rising === 't' ? '<=' : '>='} highest`
    const found = await client.query<{ next: string; highest: string }>(query)
    for (const row of found.rows) behind.push({ sequence, column, ...row })
  }
  return behind
}

interface Feed {
  readonly sequence: string
  readonly relation: string
  readonly attribute: string
  readonly column: string
  readonly rising: 't' | 'f'
}

const feeds = `
  select distinct
    quote_ident(sn.nspname) || '.' || quote_ident(s.relname) as sequence,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) as relation,
    quote_ident(a.attname) as attribute,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname) as column,
    q.seqincrement > 0 as rising
  from (
    select objid as sequence, refobjid as relation, refobjsubid as attnum from pg_catalog.pg_depend
     where classid = 'pg_catalog.pg_class'::regclass and refclassid = 'pg_catalog.pg_class'::regclass
       and deptype in ('a', 'i') and refobjsubid > 0
    union
    select d.refobjid, f.adrelid, f.adnum from pg_catalog.pg_depend d
      join pg_catalog.pg_attrdef f on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = f.oid
     where d.refclassid = 'pg_catalog.pg_class'::regclass
  ) d
  join pg_catalog.pg_class s on s.oid = d.sequence and s.relkind = 'S'
  join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
  join pg_catalog.pg_sequence q on q.seqrelid = s.oid
  join pg_catalog.pg_class c on c.oid = d.relation and c.relkind in ('r', 'p')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.attnum
  join pg_catalog.pg_type t on t.oid = a.atttypid and t.typcategory = 'N'
  where n.nspname !~ '^pg_'`
