import { lockModes, type LockMode } from '../postgres/lock-mode.ts'
import type { Client } from 'pg'
import { connect } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Statement } from './statement.ts'

/** A lock that a transaction holds on a relation. */
export interface HeldLock {
  readonly oid: number
  readonly schema: string
  /** As other sessions see it: a renaming that is not committed yet does not show. */
  readonly name: string
  /** pg_class.relkind: `r` table, `p` partitioned table, `i` and `I` index, `v` view, `m` materialized view, ... */
  readonly kind: string
  readonly mode: LockMode
}

/** What one backend held at the end of one round of statements, its transaction still open. */
export interface LockSample {
  readonly backendPid: number
  /** Names the transaction; another one of the same backend has another name. */
  readonly transaction: string
  /** Those that the server ran since it was last heard of; mostly one. */
  readonly statements: readonly Statement[]
  /** By oid and mode. */
  readonly locks: readonly HeldLock[]
}

export interface LockObserver {
  /** To be given to the tap as its option of that name; rejected when the server does not tell within 5 s. */
  inspect(backendPid: number, statements: readonly Statement[]): Promise<void>
  /** In the order in which they were taken; live. */
  readonly samples: readonly LockSample[]
  close(): Promise<void>
}

/**
 * Watches, from a session of its own, which locks the tap's clients hold on the relations of one database
 * whenever a statement has ended and its transaction has not. A transaction keeps its relation locks to
 * its end (or to a savepoint's rollback), so all that outlasts its statement is seen. Not seen: locks of
 * statements outside a transaction block, or in one string with their COMMIT; locks given back within a
 * statement; waits. Left out: system catalogs, TOAST, and relations that are not committed yet, for which
 * nobody else can wait. Each look costs some 0.3 ms, and 2 ms when the transaction holds 1,000 locks.
 */
export async function observeLocks(database: Connection): Promise<LockObserver> {
  const session = await connect(database)
  await session.query(`set statement_timeout = '5s'`)
  const samples: LockSample[] = []
  let last: Promise<unknown> = Promise.resolve()
  return {
    samples,
    async inspect(backendPid, statements) {
      const reading = last.then(() => readLocks(session, backendPid))
      last = reading.catch(() => {})
      const { transaction, locks } = await reading
      samples.push({ backendPid, transaction, statements, locks })
    },
    close: () => session.end(),
  }
}

/** The locks that a backend holds now, and the name of its transaction: empty when it has none. */
export async function readLocks(session: Client, backendPid: number) {
  const { rows } = await session.query<
    Record<'transaction' | 'oid' | 'schema' | 'name' | 'kind' | 'mode', string>
  >({
    name: 'pg-rehearsal-locks',
    text: `
      select l.virtualtransaction as transaction, c.oid, n.nspname as schema, c.relname as name,
        c.relkind as kind, l.mode
      from pg_catalog.pg_locks l
      left join pg_catalog.pg_class c on l.locktype = 'relation' and c.oid = l.relation
      left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where l.pid = $1 and l.granted
        and (l.locktype = 'virtualxid' or l.locktype = 'relation'
          and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
          and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema')
          and l.mode <> 'SIReadLock')
      order by c.oid, l.mode`,
    values: [backendPid],
  })
  const locks = rows.flatMap(({ oid, schema, name, kind, mode }): HeldLock[] =>
    oid === null ? [] : [{ oid: Number(oid), schema, name, kind, mode: lockModeOf(mode) }],
  )
  return { transaction: rows[0]?.transaction ?? '', locks }
}

/** `AccessExclusiveLock`, as pg_locks spells it, is `ACCESS EXCLUSIVE`. */
export function lockModeOf(spelling: string): LockMode {
  const mode = spelling
    .replace(/Lock$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()
  const known = lockModes.find((it) => it === mode)
  if (known === undefined) throw new Error(`Unknown lock mode ${spelling}`)
  return known
}
