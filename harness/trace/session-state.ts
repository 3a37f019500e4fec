import type { Client } from 'pg'
import type { OwnSession } from './injection.ts'
import type { Sized } from './growth.ts'
import { ownStatementPrefix } from '../postgres/own-statement.ts'
import type { LockMode } from '../postgres/lock-mode.ts'
import { lockModeOf } from './locks.ts'

/** What the catalog says of a relation; counters are those of the session that was asked. */
export interface RelationState {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** pg_class.relkind. */
  readonly kind: string
  /** Changes when the relation is rewritten; 0 for what has no storage. */
  readonly filenode: number
  readonly columns: readonly string[]
  /** `schema.table` of an index, else null. */
  readonly table: string | null
  /** Live rows by the server's last estimate; -1 when it has none. */
  readonly rows: number
  /** Of the relation itself, without indexes and TOAST; null where reading it might wait for a lock. */
  readonly bytes: number | null
  readonly toastBytes: number
  /** Rows updated or deleted. */
  readonly dead: number
  /** Rows that sequential scans returned, and rows inserted, updated or deleted. */
  readonly scanned: number
  readonly written: number
}

/** A session within its transaction. */
export interface SessionState {
  readonly locks: readonly { readonly oid: number; readonly mode: LockMode }[]
  /** Of those locked, the ones that were there before its transaction and still are, and their indexes that it made. */
  readonly relations: readonly RelationState[]
  /** Position in the write-ahead log. */
  readonly walBytes: number
  /** `lock_timeout` is set to something. */
  readonly hasLockTimeout: boolean
}

/**
 * Lets the counters of the session's next transaction begin at 0, and returns the position in the write-ahead log.
 * Before Postgres 15 nothing can, and rows of a transaction just before may count for the next one.
 */
export async function flushCounters(session: OwnSession): Promise<number> {
  const position = `(pg_catalog.pg_current_wal_insert_lsn() - '0/0')::text`
  const flush = `${ownStatementPrefix} select ${position}, pg_catalog.pg_stat_force_next_flush()`
  const rows = await session
    .query(flush)
    .catch(() => session.query(`${ownStatementPrefix} select ${position}`))
  return Number(rows[0]?.[0])
}

/** Reads what the session's open transaction holds, from within it; `relations` are read apart. */
export async function readHeld(session: OwnSession): Promise<Omit<SessionState, 'relations'>> {
  const [[text = null] = []] = await session.query(`${ownStatementPrefix} select json_build_object(
    'walBytes', (pg_catalog.pg_current_wal_insert_lsn() - '0/0')::text,
    'lockTimeout', pg_catalog.current_setting('lock_timeout'),
    'locks', (select coalesce(json_agg(json_build_array(l.relation::bigint, l.mode)), '[]')
      from pg_catalog.pg_locks l
      where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.granted
        and l.relation >= ${firstUserOid} and l.database = (
          select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())))`)
  const raw = JSON.parse(text ?? '{}') as { walBytes: string; lockTimeout: string; locks: [number, string][] }
  return {
    locks: raw.locks.flatMap(([oid, mode]) =>
      mode === 'SIReadLock' ? [] : [{ oid, mode: lockModeOf(mode) }],
    ),
    walBytes: Number(raw.walBytes),
    hasLockTimeout: raw.lockTimeout !== '0',
  }
}

/** These relations, and which of `others` are indexes on them, as they are within the session's open transaction. */
export async function readOwnRelations(
  session: OwnSession,
  oids: readonly number[],
  others: readonly number[],
): Promise<RelationState[]> {
  if (oids.length === 0) return []
  const list = oids.join(', ')
  const rows =
    await session.query(`${ownStatementPrefix} select ${relation('xact_', sizes)} from pg_catalog.pg_class c ${joins}
    where ${users} and (c.oid in (${list}) or i.indrelid in (${list}) and c.oid in (${[0, ...others].join(', ')}))`)
  return rows.map(([text]) => JSON.parse(text ?? '{}') as RelationState)
}

/** The relations as they are committed, of those `oids` or of the whole database; counters are the server's. */
export async function readRelations(watch: Client, oids: readonly number[] | null): Promise<RelationState[]> {
  const { rows } = await watch.query<{ relation: string }>({
    name: 'pg-rehearsal-relations',
    text: `select ${relation('', noSizes)} as relation from pg_catalog.pg_class c ${joins}
      where ${users} and ($1::oid[] is null or c.oid = any ($1::oid[]))`,
    values: [oids],
  })
  return rows.map((row) => JSON.parse(row.relation) as RelationState)
}

/**
 * Every table, materialized view and index with its size, by oid; empty when one is locked for more than a second.
 * Relations must not be locked by whoever waits for the answer.
 */
export async function readSizes(watch: Client): Promise<Map<number, Sized>> {
  const text = `select json_build_object('oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
      'table', tn.nspname || '.' || t.relname, 'bytes', ${sizes}, 'toastBytes', ${toastSize}, 'dead', 0) as sized
    from pg_catalog.pg_class c ${joins} where ${users} and c.relkind in ('r', 'm', 'i')`
  try {
    await watch.query(`set lock_timeout = '1s'`)
    const { rows } = await watch.query<{ sized: string }>(text)
    return new Map(rows.map(({ sized }) => JSON.parse(sized) as Sized).map((it) => [it.oid, it]))
  } catch {
    return new Map()
  } finally {
    await watch.query('reset lock_timeout').catch(() => {})
  }
}

/** https://www.postgresql.org/docs/current/system-catalog-initial-data.html#SYSTEM-CATALOG-OID-ASSIGNMENT */
const firstUserOid = 16_384

const users = `n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema') and n.nspname not like 'pg\\_temp\\_%'
  and c.relkind <> 'c'`

const joins = `join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_index i on i.indexrelid = c.oid
  left join pg_catalog.pg_class t on t.oid = i.indrelid left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace`

/** Measuring locks the relation for a moment: only for a session that holds its locks itself. */
const sizes = `pg_catalog.pg_relation_size(c.oid)`
const noSizes = `null`
const toastSize = `coalesce(pg_catalog.pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0)`

const relation = (
  counters: 'xact_' | '',
  size: string,
) => `json_build_object('oid', c.oid::bigint, 'schema', n.nspname,
  'name', c.relname, 'kind', c.relkind, 'filenode', coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::bigint,
  'table', tn.nspname || '.' || t.relname, 'rows', c.reltuples::bigint,
  'columns', (select coalesce(json_agg(a.attname order by a.attnum), '[]') from pg_catalog.pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p')),
  'bytes', ${size}, 'toastBytes', ${size === sizes ? toastSize : '0'},
  'dead', pg_catalog.pg_stat_get_${counters}tuples_updated(c.oid) + pg_catalog.pg_stat_get_${counters}tuples_deleted(c.oid),
  'scanned', pg_catalog.pg_stat_get_${counters}tuples_returned(c.oid),
  'written', pg_catalog.pg_stat_get_${counters}tuples_inserted(c.oid)
    + pg_catalog.pg_stat_get_${counters}tuples_updated(c.oid) + pg_catalog.pg_stat_get_${counters}tuples_deleted(c.oid))`
