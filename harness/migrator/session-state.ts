import { ownStatementPrefix } from '../postgres/own-statement.ts'
import type { Db } from './kysely.ts'
import type { Setting } from './protocol.ts'

/** What a session says about its transaction and its settings, at one moment. */
export interface SessionState {
  readonly pid: string
  /** When the transaction began, epoch microseconds; another value is another transaction. */
  readonly began: string
  /** Null until the transaction has written. */
  readonly transactionId: string | null
  readonly settings: Readonly<Record<string, string>>
}

/**
 * Reads the state of the session behind `db`; null when it cannot be read, as in a transaction that an
 * error has aborted.
 */
export async function readSessionState(db: Db): Promise<SessionState | null> {
  try {
    const { rows } = await db.withoutPlugins().executeQuery({
      sql: stateSql,
      parameters: [],
      query: { kind: 'RawNode', sqlFragments: [stateSql], parameters: [] },
      queryId: { queryId: 'pg-rehearsal' },
    })
    return stateOf(rows[0])
  } catch {
    return null
  }
}

// Everything schema-qualified and cast to text: search_path, TimeZone and the app's type parsers may differ.
const stateSql = `${ownStatementPrefix} select
  pg_catalog.pg_backend_pid()::text as pid,
  (extract(epoch from pg_catalog.now()) * 1000000)::bigint::text as began,
  pg_catalog.txid_current_if_assigned()::text as xid,
  (select pg_catalog.json_object_agg(name, value)::text from (
    select name, setting as value from pg_catalog.pg_settings where source = 'session'
    union all select 'role', pg_catalog.current_setting('role')
  ) as session_settings) as settings`

function stateOf(row: unknown): SessionState | null {
  if (typeof row !== 'object' || row === null) return null
  const { pid, began, xid, settings } = row as Record<string, unknown>
  if (typeof settings !== 'string') return null
  return {
    pid: String(pid),
    began: String(began),
    transactionId: xid === null || xid === undefined ? null : String(xid),
    settings: JSON.parse(settings) as Record<string, string>,
  }
}

/** Whether both states lie in the same transaction. */
export function sameTransaction(before: SessionState, after: SessionState): boolean {
  if (before.began !== after.began) return false
  return before.transactionId === null || before.transactionId === after.transactionId
}

/** The settings that are set in `after` and were not so in `before`. */
export function settingsChanged(before: SessionState, after: SessionState): Setting[] {
  return Object.entries(after.settings)
    .filter(([name, value]) => before.settings[name] !== value)
    .map(([name, value]) => ({ name, value }))
}
