import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import { applicationName, connect } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { now } from './clock.ts'
import type { WaitSample, Who } from './protocol.ts'

/** Takes down who waits for whom while anybody seems to wait. */
export interface WaitWatch {
  readonly samples: readonly WaitSample[]
  stop(): Promise<void>
}

export interface WaitOptions {
  /** Asked every 20 ms; only then is the server asked too. */
  readonly somebodyWaits: () => boolean
  /** Told of a session of ours that waits for the migrator, which waits for it: its query is then cancelled. */
  readonly onDeadlock: (pid: number) => void
  /** Whose session this is, of our own ones. */
  readonly roleOf: (pid: number) => Exclude<Who, 'migrator'> | undefined
}

/**
 * Samples pg_locks with pg_blocking_pids every 20 ms; keeps 20,000 samples. A session of ours gives way before the
 * server ends one of both (deadlock_timeout, mostly 1 s): the migrations must not fail of being watched.
 */
export async function watchWaits(
  connection: Connection,
  { somebodyWaits, roleOf, onDeadlock }: WaitOptions,
): Promise<WaitWatch> {
  const client = await connect(connection)
  const samples: WaitSample[] = []
  const stopped = new AbortController()
  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      if (somebodyWaits() && samples.length < samplesAtMost) {
        const waits = await readWaits(client, roleOf).catch(() => [])
        samples.push(...waits)
        for (const pid of deadlocked(waits)) {
          onDeadlock(pid)
          await client.query('select pg_cancel_backend($1::int)', [pid]).catch(() => {})
        }
      }
      await pause(intervalMs, undefined, { signal: stopped.signal }).catch(() => {})
    }
  }
  const watching = watch()
  return {
    samples,
    async stop() {
      stopped.abort()
      await watching
      await client.end().catch(() => {})
    },
  }
}

const intervalMs = 20

/** Of our own sessions, those that the migrator has waited for a while for and that wait for it themselves. */
function deadlocked(waits: readonly WaitSample[]): number[] {
  const stuck = waits.filter(({ who, waitedMs }) => who === 'migrator' && waitedMs >= patienceMs)
  return waits
    .filter(({ who }) => who === 'probe' || who === 'traffic')
    .filter(({ pid, blockedBy }) =>
      stuck.some(
        (migrator) =>
          migrator.blockedBy.some((it) => it.pid === pid) && blockedBy.some((it) => it.pid === migrator.pid),
      ),
    )
    .map(({ pid }) => pid)
}

const patienceMs = 300
const samplesAtMost = 20_000

interface Row {
  readonly pid: string
  readonly own: string
  readonly words: string
  readonly mode: string | null
  readonly relation: string | null
  readonly since_ms: string | null
  readonly waited_ms: string | null
  readonly blocked_by: string
}

async function readWaits(client: Client, roleOf: WaitOptions['roleOf']): Promise<WaitSample[]> {
  const { rows } = await client.query<Row>(waitsSql, [applicationName])
  const at = now()
  const byPid = new Map(rows.map((row) => [Number(row.pid), row]))
  const whoOf = (pid: number): Who => {
    const row = byPid.get(pid)
    return roleOf(pid) ?? (row === undefined || row.own === 'true' ? 'other' : 'migrator')
  }
  return rows
    .filter(({ mode }) => mode !== null)
    .map((row) => ({
      at,
      pid: Number(row.pid),
      who: whoOf(Number(row.pid)),
      query: row.words.slice(0, 300),
      relation: row.relation ?? 'a row',
      mode: row.mode ?? '',
      since: Number(row.since_ms ?? 0),
      waitedMs: Math.max(0, Number(row.waited_ms ?? 0)),
      blockedBy: (JSON.parse(row.blocked_by) as number[]).map((pid) => ({
        pid,
        who: whoOf(pid),
        words: byPid.get(pid)?.words ?? 'a session outside this database or a prepared transaction',
      })),
    }))
}

// waitstart came with Postgres 14; before it the query's beginning stands for it. Autovacuum is no client backend.
const waitsSql = `
  select a.pid::text,
    (a.application_name is not distinct from $1 or a.backend_type <> 'client backend')::text as own,
    case when a.backend_type = 'client backend' then left(a.query, 1000) else a.backend_type || ': ' || left(a.query, 200) end as words,
    w.mode, w.relation, w.since_ms, w.waited_ms, w.blocked_by
  from pg_catalog.pg_stat_activity a
  left join lateral (
    select upper(btrim(regexp_replace(replace(l.mode, 'Lock', ''), '([a-z])([A-Z])', '\\1 \\2', 'g'))) as mode,
      (select n.nspname || '.' || c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.oid = l.relation) as relation,
      (extract(epoch from s.since) * 1000)::text as since_ms,
      (extract(epoch from clock_timestamp() - s.since) * 1000)::text as waited_ms,
      array_to_json(pg_catalog.pg_blocking_pids(a.pid))::text as blocked_by
    from pg_catalog.pg_locks l
    cross join lateral (select coalesce((to_jsonb(l) ->> 'waitstart')::timestamptz, a.query_start) as since) s
    where l.pid = a.pid and not l.granted limit 1
  ) w on a.wait_event_type = 'Lock'
  where a.datname = current_database() and a.pid <> pg_backend_pid()`
