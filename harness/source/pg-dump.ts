import { HarnessError } from '../errors.ts'
import type { DumpRequest } from './dump-tool.ts'
import { lockTimeoutMs, sessionOptions } from './session.ts'
import type { Source } from './source.ts'

/** pg_dump's arguments; nothing in them is secret. */
export function dumpArguments(directory: string, { snapshot, jobs, isReplica }: DumpRequest): string[] {
  return [
    '--format=directory',
    `--file=${directory}`,
    `--jobs=${jobs}`,
    `--snapshot=${snapshot}`,
    '--no-password',
    // pg_dump sets the timeouts of its own sessions to none: this is the one that it heeds.
    `--lock-wait-timeout=${lockTimeoutMs}`,
    // A replica has no rows of unlogged tables, and would err.
    ...(isReplica ? ['--no-unlogged-table-data'] : []),
  ]
}

/** How libpq is told where the source is, but for its password. */
export function libpqVariables({ connection, tls }: Source): Record<string, string> {
  return {
    LC_ALL: 'C',
    PGHOST: connection.host,
    PGPORT: String(connection.port),
    PGUSER: connection.user,
    PGDATABASE: connection.database,
    PGAPPNAME: 'pg-rehearsal',
    PGCONNECT_TIMEOUT: '10',
    PGSSLMODE: tls.mode,
    PGOPTIONS: sessionOptions(0),
  }
}

/** HarnessError `dump-failed` with the last lines that pg_dump wrote. */
export function dumpFailed({ name }: Source, ended: string, output: string): HarnessError {
  const words = output.trim().split('\n').slice(-6).join('\n')
  const locked = /canceling statement due to (?:lock|statement) timeout/.test(output)
  return new HarnessError('dump-failed', `pg_dump of ${name} ended with ${ended}: ${words}`, {
    hint: locked
      ? `Something holds a lock on a table there, a migration perhaps: try again when it is done. The backup waits ${lockTimeoutMs / 1_000} s for each.`
      : 'Nothing was left behind. The role must be able to read every table, sequence and large object (pg_read_all_data), and to bypass row-level security.',
  })
}
