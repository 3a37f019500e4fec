import { escapeIdentifier } from 'pg'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Statement } from './statement.ts'

/** What the server says of its own work, at least: the first 20 notices of each statement are kept. */
export interface ServerLog {
  /** Written to temporary files, as by a sort that does not fit in memory. */
  readonly tempBytes: number
  /** Waited for locks until they were granted; waits below 10 ms are not told. */
  readonly lockWaitMs: number
}

/**
 * Lets the server tell every later session of a database, as messages of level LOG among its notices, what it writes to
 * temporary files and how long it waits for locks. False where the user may not set that (no superuser).
 * https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-TEMP-FILES
 */
export async function tellServerLog(database: Connection): Promise<boolean> {
  const name = escapeIdentifier(database.database)
  const settings = ['log_temp_files = 0', 'log_lock_waits = on', `deadlock_timeout = '10ms'`]
  return withClient(database, async (client) => {
    for (const setting of [...settings, 'client_min_messages = log'])
      await client.query(`alter database ${name} set ${setting}`)
    return true
  }).catch(() => false)
}

/** Reads what the server told while `statements` ran. Pure. */
export function serverLogOf(statements: readonly Pick<Statement, 'notices'>[]): ServerLog {
  const texts = statements.flatMap(({ notices }) =>
    notices.filter(({ severity }) => severity === 'LOG').map(({ message }) => message),
  )
  const sum = (pattern: RegExp): number =>
    texts.reduce((total, text) => total + Number(pattern.exec(text)?.[1] ?? 0), 0)
  return {
    tempBytes: sum(/^temporary file: path .*, size (\d+)$/),
    lockWaitMs: sum(/^process \d+ acquired \w+ on .* after (\d+(?:\.\d+)?) ms$/),
  }
}
