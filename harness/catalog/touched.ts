import type { Client } from 'pg'
import { qualified, userSchema } from './family.ts'
import type { TableName } from './read.ts'

/** Two copies of so much are compared in 0.2 s, which a checkpoint takes as well on a busy disk. */
const readSoonerBytes = 64 * 1024 * 1024

/** By table name, what is the same as long as nobody wrote to the table; null where that cannot be told. */
export type TouchedMarks = ReadonlyMap<string, string | null>

/**
 * Marks every table of a database: two equal marks of one and the same database say that what a client reads of the
 * table is the same. Two witnesses have to agree. The server's counters of rows written are one; they can be switched
 * off, set back and lost with a session. The other are the files: after a checkpoint whatever was written is in them,
 * and has changed the time at which they were last written to. Since the server tells that time in whole seconds, a
 * table that was written to in the second of the checkpoint has no mark. Neither has one that somebody is writing to
 * (a commit changes no file), an unlogged one (no checkpoint writes it), one whose storage is not the server's own,
 * and one whose values are read by what lies outside of it. Empty where the role may not ask for all of this, and of a
 * database that is read sooner than the server has written it out.
 */
export async function readTouched(
  client: Client,
  ignoreTables: readonly TableName[] = [],
): Promise<TouchedMarks> {
  if (!(await flush(client))) return new Map()
  const { rows } = await client.query<{ name: string; mark: string | null }>(touchedQuery, [
    ignoreTables.map(({ schema }) => schema ?? null),
    ignoreTables.map(({ name }) => name),
  ])
  return new Map(rows.map(({ name, mark }) => [name, mark]))
}

/**
 * Has the server write to its files what it has in memory; false where the role may not, or may not look at files, and
 * where that does not pay.
 */
export async function flush(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ pays: string }>(
    `select has_function_privilege('pg_catalog.pg_stat_file(text, boolean)', 'execute')
       and pg_database_size(current_database()) > $1::bigint as pays`,
    [readSoonerBytes],
  )
  if (rows[0]?.pays !== 't') return false
  return await client.query('checkpoint').then(
    () => true,
    () => false,
  )
}

/** Names of the tables that nobody wrote to between two looks at one and the same database. */
export function untouchedSince(before: TouchedMarks, now: TouchedMarks): Set<string> {
  const same = [...before].filter(([name, mark]) => mark !== null && now.get(name) === mark)
  return new Set(same.map(([name]) => name))
}

/** A table with its partitions, each with its TOAST table, and every file of theirs. */
const storage = `
  member as (
    select c.oid, c.relkind, coalesce(pg_partition_root(c.oid), c.oid) as root, c.reltoastrelid,
      -- Other access methods keep rows where they like.
      c.relkind <> 'p' and (c.relam <> 2 or c.relpersistence <> 'p') as elsewhere
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and ${userSchema('n')}
  ), stored as (
    select root, oid from member where relkind <> 'p'
    union all select root, reltoastrelid from member where reltoastrelid <> 0
  ), file as (
    select s.root, s.oid, size.bytes, part, stat.modification
    from stored s
    cross join lateral (select pg_relation_size(s.oid) as bytes) size
    cross join lateral generate_series(0, greatest(
      (size.bytes - 1) / pg_size_bytes(current_setting('segment_size')), 0)) part
    cross join lateral pg_stat_file(
      pg_relation_filepath(s.oid) || case when part > 0 then '.' || part else '' end, true) stat
  ), filed as (
    select root, md5(string_agg(concat_ws(' ', oid, pg_relation_filenode(oid), bytes, part, modification), ', '
        order by oid, part)) as mark,
      bool_and(modification is not null
        and modification < (select modification from pg_stat_file('global/pg_control'))) as is_settled
    from file group by root
  ), counted as (
    select root, string_agg(concat_ws(' ', oid, pg_stat_get_tuples_inserted(oid), pg_stat_get_tuples_updated(oid),
        pg_stat_get_tuples_deleted(oid)), ', ' order by oid) as mark,
      bool_or(elsewhere) or bool_or(exists (select from pg_locks l
        where l.locktype = 'relation' and l.relation = member.oid and l.pid is distinct from pg_backend_pid()
          and l.database = (select oid from pg_database where datname = current_database())
          and l.mode not in ('AccessShareLock', 'RowShareLock', 'ShareUpdateExclusiveLock'))) as is_open
    from member group by root
  )`

/** Each type that a column has, with all the types it is made of: what their values are read by. */
const types = `
  made_of as (
    select distinct a.atttypid as type, a.atttypid as part
    from pg_attribute a join member m on m.oid = a.attrelid where a.attnum > 0 and not a.attisdropped
    union
    select made_of.type, further.oid
    from made_of join pg_type t on t.oid = made_of.part cross join lateral (
      select t.typelem as oid where t.typelem <> 0
      union all select t.typbasetype where t.typbasetype <> 0
      union all select a.atttypid from pg_attribute a
        where a.attrelid = t.typrelid and t.typrelid <> 0 and a.attnum > 0 and not a.attisdropped
      -- Multiranges are not in every version.
      union all select r.rngsubtype from pg_range r
        where t.oid in (r.rngtypid, (to_jsonb(r) ->> 'rngmultitypid')::oid)
    ) further
  ), read_by as (
    select made_of.type,
      string_agg(concat_ws(' ', t.oid, t.typtypmod, p.oid, p.prosrc, p.probin, labels.all, fields.all, casts.all), ', '
        order by t.oid) as mark,
      -- Written with the names of other things; cast to text by what may read anything.
      bool_or(t.oid < 16384 and (t.typname ~ '^reg' or t.typname = 'aclitem') or casts.are_foreign) as is_outside
    from made_of join pg_type t on t.oid = made_of.part
    left join pg_proc p on p.oid = t.typoutput
    cross join lateral (select string_agg(concat_ws(' ', e.oid, e.enumlabel), ', ' order by e.oid) as all
      from pg_enum e where e.enumtypid = t.oid) labels
    cross join lateral (select string_agg(concat_ws(' ', a.attnum, a.atttypid, a.atttypmod, a.attisdropped), ', '
        order by a.attnum) as all
      from pg_attribute a where a.attrelid = t.typrelid and t.typrelid <> 0 and a.attnum > 0) fields
    cross join lateral (select string_agg(concat_ws(' ', k.castmethod, f.oid, f.prosrc, f.probin), ', ') as all,
        bool_or(f.oid is not null and l.lanname not in ('internal', 'c')) as are_foreign
      from pg_cast k left join pg_proc f on f.oid = k.castfunc left join pg_language l on l.oid = f.prolang
      where k.castsource = t.oid and k.casttarget = 'text'::regtype) casts
    group by made_of.type
  ), shaped as (
    select m.root, md5(string_agg(concat_ws(' ', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
        a.attmissingval, r.mark), ', ' order by a.attrelid, a.attnum)) as mark,
      -- Virtual columns are read by an expression.
      bool_or(a.attgenerated = 'v' or r.is_outside) as is_outside
    from member m join pg_attribute a on a.attrelid = m.oid and a.attnum > 0 and not a.attisdropped
    join read_by r on r.type = a.atttypid
    group by m.root
  )`

const touchedQuery = `
  with recursive ${storage}, ${types}
  select ${qualified('n.nspname', 'c.relname')} as name,
    case when f.is_settled and not w.is_open and s.is_outside is not true
      then md5(concat_ws('; ', c.oid, w.mark, f.mark, s.mark)) end as mark
  from counted w join pg_class c on c.oid = w.root join pg_namespace n on n.oid = c.relnamespace
  left join filed f on f.root = w.root left join shaped s on s.root = w.root
  where not exists (select from unnest($1::text[], $2::text[]) ignored(schema, name)
    where ignored.name = c.relname and (ignored.schema is null or ignored.schema = n.nspname))
  order by 1`
