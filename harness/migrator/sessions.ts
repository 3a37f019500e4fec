import type { Client } from 'pg'
import { applicationName } from '../postgres/client.ts'
import type { AwaitedLock, Session } from './stall.ts'

/** Reads the client sessions of the database that `client` is connected to, its own excepted. */
export async function readSessions(client: Client): Promise<Session[]> {
  const { rows } = await client.query<Record<keyof typeof columns, string | null>>(sessionsSql, [
    applicationName,
  ])
  return rows.map((row) => ({
    pid: Number(row.pid),
    own: row.own === 'true',
    state: row.state ?? 'unknown',
    query: row.query ?? '',
    waitEventType: row.wait_event_type,
    waitEvent: row.wait_event,
    queryStart: row.query_start,
    stateChange: row.state_change,
    stateForMs: Number(row.state_for_ms ?? 0),
    blockedBy: JSON.parse(row.blocked_by ?? '[]') as number[],
    awaitedLock: JSON.parse(row.awaited_lock ?? 'null') as AwaitedLock | null,
  }))
}

// pg_blocking_pids locks the lock manager for a moment: only asked for sessions that wait.
const columns = {
  pid: 'a.pid::text',
  own: '(a.application_name is not distinct from $1)::text',
  state: 'a.state',
  query: 'a.query',
  wait_event_type: 'a.wait_event_type',
  wait_event: 'a.wait_event',
  query_start: 'a.query_start::text',
  state_change: 'a.state_change::text',
  state_for_ms: '(extract(epoch from clock_timestamp() - a.state_change) * 1000)::bigint::text',
  blocked_by: 'array_to_json(b.pids)::text',
  awaited_lock: 'l.lock::text',
} as const

const lockMode = (column: string) =>
  `upper(btrim(regexp_replace(replace(${column}, 'Lock', ''), '([a-z])([A-Z])', '\\1 \\2', 'g')))`

// A wait for a row is a wait for the transaction that holds it; the table shows in the tuple lock taken first.
const sessionsSql = `
  select ${Object.entries(columns)
    .map(([name, expression]) => `${expression} as ${name}`)
    .join(', ')}
  from pg_catalog.pg_stat_activity a
  left join lateral (
    select case when a.wait_event_type = 'Lock' then pg_catalog.pg_blocking_pids(a.pid) else '{}' end as pids
  ) b on true
  left join lateral (
    select json_build_object(
      'mode', case when w.locktype in ('transactionid', 'tuple') then null else ${lockMode('w.mode')} end,
      'object', case
        when w.relation is not null then 'table ' || w.relation::regclass::text
        when w.locktype in ('transactionid', 'tuple') then coalesce((
          select 'a row of ' || t.relation::regclass::text from pg_catalog.pg_locks t
          where t.pid = a.pid and t.locktype = 'tuple' and t.relation is not null limit 1), 'a row')
        when w.locktype = 'advisory' then 'an advisory lock'
        else w.locktype end,
      'heldModes', coalesce((
        select json_agg(distinct ${lockMode('h.mode')}) from pg_catalog.pg_locks h
        where h.granted and h.pid = any (b.pids) and h.locktype not in ('transactionid', 'tuple')
          and (h.locktype, h.database, h.relation, h.transactionid::text, h.classid, h.objid, h.objsubid)
            is not distinct from
            (w.locktype, w.database, w.relation, w.transactionid::text, w.classid, w.objid, w.objsubid)
      ), '[]')) as lock
    from pg_catalog.pg_locks w where w.pid = a.pid and not w.granted limit 1
  ) l on a.wait_event_type = 'Lock'
  where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()`

/**
 * Waits until no session but the harness's own is left in the database, then ends those still there after
 * `graceMs`. A backend that waits for a lock does not notice that its client is gone.
 */
export async function endSessions(client: Client, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs
  let left = await clientSessions(client)
  while (left > 0 && performance.now() < deadline) {
    await pause(25)
    left = await clientSessions(client)
  }
  if (left > 0) await client.query(`select pg_terminate_backend(pid) ${fromClients}`, [applicationName])
  for (let attempt = 0; left > 0 && attempt < 200; attempt += 1) {
    await pause(25)
    left = await clientSessions(client)
  }
}

const fromClients = `from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
  and pid <> pg_backend_pid() and application_name is distinct from $1`

async function clientSessions(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`select count(*) as count ${fromClients}`, [
    applicationName,
  ])
  return Number(rows[0]?.count ?? 0)
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs)
  })
}
