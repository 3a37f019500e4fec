import { HarnessError } from '../errors.ts'
import type { DataDirectory } from './data-directory.ts'

/** Runs `postgres` with these arguments on the data directory, which are for a session without a server. */
export type SingleUserSession = (
  args: readonly string[],
  statements: string,
) => Promise<{ readonly exitCode: number; readonly output: string }>

/**
 * Makes the cluster ours before anybody can connect: it recovers to the end of the WAL that is there, which is all
 * there is, and is a primary of its own from then on; `postgres` becomes a superuser with this password (hexadecimal),
 * whatever it was. Throws HarnessError when Postgres cannot start on the files.
 */
export async function takeOver(
  session: SingleUserSession,
  dataDirectory: string,
  { recovers, major, targetTime }: DataDirectory,
  password: string,
): Promise<void> {
  const args = singleUserArguments(dataDirectory, recovers, targetTime)
  const { exitCode, output } = await session(args, takeOverStatements(password))
  if (exitCode !== 0) throw takeOverError(output, major)
  // Before 13 the server went on when the WAL ended earlier.
  if (targetTime !== undefined && !output.includes('recovery stopping ')) throw notReached(targetTime, output)
  if (output.includes('rehearsal_admin = "postgres"')) return
  // The database that we connect to first; somebody dropped it.
  const made = await session(args, 'create database postgres template template0\n')
  if (made.exitCode !== 0) throw takeOverError(made.output, major)
}

function singleUserArguments(
  dataDirectory: string,
  recovers: boolean,
  targetTime: string | undefined,
): string[] {
  const target =
    targetTime === undefined ? {} : { recovery_target_time: targetTime, recovery_target_action: 'promote' }
  const settings = {
    exit_on_error: 'on',
    fsync: 'off',
    log_min_error_statement: 'panic',
    ...(recovers ? { restore_command: 'false', hot_standby: 'off', ...target } : {}),
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['--single', '-D', dataDirectory, ...options, 'template1']
}

/** A statement a line. Nobody but `postgres` can log in or has a password any more; no subscription is enabled. */
function takeOverStatements(password: string): string {
  return `${[
    `do $$ begin if not exists (select from pg_catalog.pg_roles where rolname = 'postgres') then create role postgres; end if; end $$`,
    `alter role postgres superuser createdb createrole inherit login replication bypassrls connection limit -1 password '${password}' valid until 'infinity'`,
    `alter role postgres reset all`,
    `update pg_catalog.pg_authid set rolpassword = null, rolcanlogin = false where rolname <> 'postgres'`,
    `update pg_catalog.pg_subscription set subenabled = false`,
    `select datname as rehearsal_admin from pg_catalog.pg_database where datname = 'postgres'`,
  ].join('\n')}\n`
}

/** Why that session failed, by what it wrote. */
export function takeOverError(output: string, major: number): HarnessError {
  const target = /parameter: recovery_target_time|starting point-in-time recovery to ([^\n]+)/.exec(
    output,
  )?.[1]
  if (target !== undefined && output.includes('recovery ended before configured recovery target'))
    return notReached(target, output)
  const known = reasons.find(({ says }) => says.test(output))
  if (known === undefined) {
    return new HarnessError(
      'basebackup-not-started',
      `Postgres ${major} does not start on the base backup:\n${lastLines(output)}`,
      { hint: 'The log above says why; see whether `pg_verifybackup` finds the backup whole.' },
    )
  }
  return new HarnessError(known.code, `${known.message}: ${lineOf(output, known.says)}`, { hint: known.hint })
}

function notReached(targetTime: string, output: string): HarnessError {
  const last = /last completed transaction was at log time ([^\n]+)/.exec(output)?.[1]
  return new HarnessError(
    'target-time-beyond-wal',
    `The WAL that is there holds no commit after ${targetTime}${last === undefined ? '' : `; its last one was at ${last}`}, so it is not known that all up to then is there.`,
    { hint: 'Take an earlier --target-time, or leave it out for all the WAL there is.' },
  )
}

const reasons = [
  {
    code: 'backup-without-wal',
    says: /WAL ends before|recovery ended before|could not locate (?:required|a valid) checkpoint record|requested timeline \d+ is not a child/,
    message: 'The WAL in the base backup does not reach to where its files are consistent',
    hint: 'Take it with `pg_basebackup --wal-method=stream` (or fetch), and copy pg_wal along.',
  },
  {
    code: 'basebackup-major',
    says: /was initialized by PostgreSQL version|incompatible with server/,
    message: 'The base backup needs another Postgres',
    hint: 'Leave out --postgres and --image, so that the major of the backup is taken.',
  },
  {
    code: 'locale-missing',
    says: /locale is incompatible|is not recognized by setlocale/,
    message: 'This system lacks the locale of the base backup',
    hint: 'Use --engine docker with an --image that has it (`localedef` in a Dockerfile of your own).',
  },
  {
    code: 'backup-corrupt',
    says: /invalid (?:primary )?checkpoint|incorrect (?:checksum|resource)|could not read block|invalid page/,
    message: 'The base backup is damaged',
    hint: 'Copy the backup again in binary mode, or take a new one.',
  },
  {
    code: 'disk-too-small',
    says: /No space left on device/,
    message: 'There is no room for the base backup',
    hint: 'Free some space where the throwaway server keeps its data.',
  },
] as const

/** With the server's own detail, where it gives one. */
function lineOf(output: string, says: RegExp): string {
  const lines = output.split('\n').map((line) => line.replace(/^.*?\[\d+\] /, '').trim())
  const at = lines.findIndex((line) => says.test(line))
  const detail = lines[at + 1]?.startsWith('DETAIL:') === true ? ` ${lines[at + 1]}` : ''
  return `${lines[at] ?? ''}${detail}`.replaceAll(/(?:FATAL|PANIC|ERROR|DETAIL):\s+/g, '')
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-15).join('\n')
}
