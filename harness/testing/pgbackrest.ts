import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { openBackup } from '../backups/index.ts'

/** A real server that archives its WAL by pgBackRest into an encrypted repository, with backups of different times. */
export interface PgBackRestSource {
  /** pgBackRest's configuration file. */
  readonly config: string
  /** Of the database `comicscout` at the target time, made with pg_dump. */
  readonly dump: string
  /** A time between two writes, with its zone. */
  readonly targetTime: string
  /** A time before the first backup was complete. */
  readonly before: string
}

export const bin = '/usr/lib/postgresql/15/bin'
const port = '54329'
const passphrase = 'passphrase-of-the-repository'

/** Why it cannot be had here; undefined when it can. */
export function missingPgBackRest(): string | undefined {
  if (!existsSync('/usr/bin/pgbackrest')) return 'pgbackrest is not installed'
  return existsSync(bin) ? undefined : 'postgresql-15, the server that it backs up, is not installed'
}

/**
 * Makes it below `home` of a backup's database, and stops the server again: a full backup, the row `after full`, an
 * incremental one, `before target`, the target time and `after target`, all in the table `moments`.
 */
export async function makePgBackRestSource(home: string, backup: string): Promise<PgBackRestSource> {
  const source = { config: join(home, 'pgbackrest.conf'), dump: join(home, 'state.dump') }
  await prepare(home, source.config)
  await asPostgres(join(bin, 'initdb'), ['-D', join(home, 'cluster'), '-A', 'trust', '-N'])
  await writeFile(join(home, 'cluster', 'postgresql.auto.conf'), settings(home, source.config))
  const control = ['-D', join(home, 'cluster'), '-l', join(home, 'server.log'), '-w']
  await asPostgres(join(bin, 'pg_ctl'), [...control, 'start'])
  try {
    const psql = async (sql: string, database = 'comicscout'): Promise<string> =>
      await asPostgres('psql', ['-h', home, '-p', port, '-v', 'ON_ERROR_STOP=1', '-Atc', sql, database])
    const rest = async (...args: string[]): Promise<string> =>
      await asPostgres('pgbackrest', [
        `--config=${source.config}`,
        '--stanza=main',
        '--log-level-stderr=off',
        ...args,
      ])
    const write = async (what: string): Promise<string> =>
      await psql(`insert into moments values ('${what}')`)
    await load(home, backup, psql)
    await rest('stanza-create')
    const before = await now(psql)
    await rest('--type=full', 'backup')
    await write('after full')
    await rest('--type=incr', 'backup')
    await write('before target')
    await asPostgres('pg_dump', ['-h', home, '-p', port, '-Fc', '-f', source.dump, 'comicscout'])
    await sleep(1_100)
    const targetTime = await now(psql)
    await sleep(1_100)
    await write('after target')
    // Waits until the WAL has arrived.
    await rest('check')
    // As on the host of the repository, which reaches production by ssh; nobody else may.
    const remote = configuration(home).replace('pg1-path', 'pg1-host=production.invalid\npg1-path')
    await writeFile(source.config, remote)
    return { ...source, targetTime, before }
  } finally {
    await asPostgres(join(bin, 'pg_ctl'), [...control, '-m', 'fast', 'stop'])
  }
}

async function prepare(home: string, config: string): Promise<void> {
  await mkdir(join(home, 'repository'))
  await writeFile(config, configuration(home), { mode: 0o640 })
  await chmod(home, 0o755)
  const { stdout } = await execa('id', ['-u', 'postgres'])
  if (process.getuid?.() !== 0) return
  for (const path of [home, config, join(home, 'repository')]) await chown(path, Number(stdout), 0)
}

function configuration(home: string): string {
  return `[global]
repo1-path=${home}/repository
repo1-retention-full=2
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=${passphrase}
log-level-file=off
lock-path=${home}/lock
start-fast=y
compress-type=lz4
compress-level=1
[main]
pg1-path=${home}/cluster
pg1-port=${port}
pg1-socket-path=${home}
`
}

function settings(home: string, config: string): string {
  return `port = ${port}
listen_addresses = ''
unix_socket_directories = '${home}'
fsync = off
archive_mode = on
archive_command = 'pgbackrest --config=${config} --stanza=main archive-push %p'
`
}

async function load(
  home: string,
  backup: string,
  psql: (sql: string, database?: string) => Promise<string>,
): Promise<void> {
  const { file, format } = await openBackup(backup)
  const { roles } = await format.describe(file, { schema: undefined, name: 'kysely_migration' })
  for (const role of roles) await psql(`create role "${role}"`, 'postgres').catch(() => '')
  await psql('create database comicscout', 'postgres')
  // It is of a newer Postgres: settings that 15 does not know fail, and nothing else does.
  await asPostgres('psql', ['-h', home, '-p', port, '-q', 'comicscout'], file.open())
  await psql('create table moments (what text primary key)')
}

async function now(psql: (sql: string) => Promise<string>): Promise<string> {
  return await psql(`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`)
}

/** A server of Postgres and what archives for it are not run as root. */
export async function asPostgres(
  program: string,
  args: readonly string[],
  input?: NodeJS.ReadableStream,
): Promise<string> {
  const isRoot = process.getuid?.() === 0
  const argv = isRoot ? ['-u', 'postgres', '--', program, ...args] : [...args]
  const child = execa(isRoot ? 'runuser' : program, argv, {
    cwd: '/',
    stdin: input === undefined ? 'ignore' : 'pipe',
  })
  if (input !== undefined && child.stdin !== null) input.pipe(child.stdin)
  return String((await child).stdout)
}
