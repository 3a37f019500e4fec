import { setTimeout as sleep } from 'node:timers/promises'
import { escapeIdentifier, escapeLiteral } from 'pg'
import type { Client } from 'pg'
import { HarnessError, messageOf } from '../errors.ts'
import { applicationName, withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { DatabaseLocale } from '../postgres/database-locale.ts'
import { databaseSettings, setStatement } from './database-settings.ts'
import { localeClauses } from './locale-clauses.ts'

export interface NewDatabase {
  /** Server encoding, `UTF8` by default; one that only clients can have (`SJIS`, `GBK`, ...) becomes `UTF8`. */
  readonly encoding?: string
  /** Overrules `encoding`; what the server does not have is replaced by what comes nearest. */
  readonly locale?: DatabaseLocale
  /** Comment put on the database, for a later sweep to read. */
  readonly comment?: string
}

/**
 * Makes an empty database from template0 and returns in what its locale differs from the one asked for, a sentence
 * each. `admin` is a connection to another database of the server, as a role that may create databases. Throws
 * HarnessError `database-not-created` with the server's words.
 */
export async function createDatabase(
  admin: Connection,
  name: string,
  options: NewDatabase = {},
): Promise<readonly string[]> {
  return await withClient(admin, async (client) => {
    const differences = await createNearest(client, name, options)
    await comment(client, name, options.comment)
    return differences
  })
}

/**
 * Copies `source` with its database-level settings. Sessions of the harness's own that still linger in it are
 * ended; any other makes it throw HarnessError `database-not-created` after the server waited 5 s for it. On a
 * `throwaway` server nothing waits for the disk.
 */
export async function cloneDatabase(
  admin: Connection,
  source: string,
  target: string,
  options: Pick<NewDatabase, 'comment'> & { readonly throwaway?: boolean } = {},
): Promise<void> {
  const copy = async (client: Client) => {
    await endSessions(client, source)
    await create(client, target, `template ${escapeIdentifier(source)} ${await copyStrategy(client)}`)
  }
  await withClient(admin, async (client) => {
    await (options.throwaway === true
      ? withoutSync(client, async () => await withClient(admin, copy))
      : copy(client))
    await comment(client, target, options.comment)
    for (const setting of await databaseSettings(client, source)) {
      await client.query(setStatement(target, setting))
    }
  })
}

/**
 * A copy waits for the disk twice with every one of some 300 files, which is for machines that lose power: a server of
 * ours does not outlive one. Off only while copying, for what is measured is measured with it on.
 */
async function withoutSync(client: Client, copy: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ fsync: string }>('show fsync')
  if (rows[0]?.fsync !== 'on') return await copy()
  try {
    await setAndReload(client, 'off')
    await copy()
  } finally {
    await setAndReload(client, 'on')
  }
}

/** Resolves when new sessions have it; those that are open read it before their next query. */
async function setAndReload(client: Client, fsync: 'on' | 'off'): Promise<void> {
  await client.query(`alter system set fsync = ${fsync}`)
  await client.query('select pg_catalog.pg_reload_conf()')
  const deadline = performance.now() + 5_000
  for (;;) {
    const { rows } = await client.query<{ fsync: string }>('show fsync')
    if (rows[0]?.fsync === fsync || performance.now() > deadline) return
    await sleep(5)
  }
}

/** Drops a database whoever is connected to it; no such database is fine. Needs Postgres 13 or later. */
export async function dropDatabase(admin: Connection, name: string): Promise<void> {
  await withClient(admin, async (client) => {
    await client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`)
  })
}

async function createNearest(client: Client, name: string, options: NewDatabase): Promise<readonly string[]> {
  const ways = localeClauses(options, await serverMajor(client))
  for (const [at, { sql, differences }] of ways.entries()) {
    try {
      await create(client, name, `template template0 ${sql}`)
      return differences
    } catch (error) {
      if (at === ways.length - 1 || !isAboutLocale(error)) throw error
    }
  }
  throw new Error('There is no way to make a database.')
}

/** The server's words: an unknown locale, one that does not go with the encoding, a provider it was built without. */
function isAboutLocale(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } }
  return ['22023', '42809', '0A000', '42704', 'XX000', '42601'].includes(String(cause?.code))
}

async function create(client: Client, name: string, options: string): Promise<void> {
  try {
    await client.query(`create database ${escapeIdentifier(name)} ${options}`)
  } catch (cause) {
    throw new HarnessError(
      'database-not-created',
      `Database ${name} could not be created: ${messageOf(cause)}`,
      { hint: 'Check that the role may create databases and that the server has disk space left.', cause },
    )
  }
}

async function comment(client: Client, name: string, text: string | undefined): Promise<void> {
  if (text === undefined) return
  await client.query(`comment on database ${escapeIdentifier(name)} is ${escapeLiteral(text)}`)
}

/**
 * The harness's sessions close before a clone, but the backend may outlive the socket by a moment; and a
 * reader that was aborted may not have closed at all.
 */
async function endSessions(client: Client, database: string): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = $1 and application_name = $2 and pid <> pg_backend_pid() and usename = current_user`,
    [database, applicationName],
  )
}

/**
 * FILE_COPY copies files between two checkpoints, WAL_LOG (the default) sends every page through the WAL. Measured
 * on Postgres 17, 2 cores: equal at 20 MB (0.15 s), and at 235 MB 0.2-0.3 s against 0.55 s, with and without fsync.
 * Before 15 there is no choice, and it is FILE_COPY.
 */
async function copyStrategy(client: Client): Promise<string> {
  return (await serverMajor(client)) >= 15 ? 'strategy file_copy' : ''
}

async function serverMajor(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: string }>(
    `select current_setting('server_version_num') as version`,
  )
  return Math.trunc(Number(rows[0]?.version) / 10_000)
}
