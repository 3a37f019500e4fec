import { cp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Server } from '../engines/engine.ts'
import { engines } from '../engines/index.ts'
import { withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import type { TestServer } from './server.ts'

/** A server of a test's own, whose backup it takes. */
export interface SourceServer extends AsyncDisposable {
  readonly server: Server
}

/** Starts one; dispose of it at the end. */
export async function sourceServer({ engine, major }: TestServer): Promise<SourceServer> {
  const run = await openRun()
  const server = await engines[engine].start({ major, image: undefined, serverUrl: undefined, run })
  const dispose = async (): Promise<void> => {
    await server.stop()
    await run.dispose()
  }
  return { server, [Symbol.asyncDispose]: dispose }
}

/** A database `shop` with a bloated, analyzed table, and what production has that a copy must not use. */
export async function furnish(server: Server): Promise<void> {
  await withClient(server.connection('postgres'), async (client) => {
    await client.query(`create role shop_owner login password 'production secret'`)
    await client.query(`alter system set primary_conninfo = 'host=production password=production-secret'`)
    await client.query(`alter system set archive_command = 'touch /tmp/archived'`)
    await client.query(`alter system set work_mem = '5MB'`)
    await client.query(`alter system set max_prepared_transactions = 3`)
    await client.query(`select pg_create_physical_replication_slot('standby', true)`)
  })
  await withClient(server.connection('postgres'), (client) =>
    client.query(
      `do $$ begin execute format('copy (select 1) to %L', current_setting('data_directory') || '/server.key'); end $$`,
    ),
  )
  await server.restart()
  await server.createDatabase('shop')
  await withClient(server.connection('shop'), async (client) => {
    await client.query(
      `create table items as select g as id, repeat('x', 50) as words from generate_series(1, 20000) g`,
    )
    await client.query('create index on items (words)')
    await client.query('delete from items where id % 2 = 0')
    await client.query('analyze items')
    await client.query(
      `create subscription orders connection 'host=production dbname=x' publication p with (connect = false)`,
    )
    await client.query(`begin; insert into items values (0, 'prepared'); prepare transaction 'forgotten'`)
  })
}

/** What must be in a copy as it is in the source. */
export async function shopFacts(server: Server): Promise<Record<string, unknown>> {
  return await withClient(server.connection('shop'), async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(
      `select (select count(*) from items) as items, pg_relation_size('items') as bytes,
              (select reltuples from pg_class where oid = 'items'::regclass) as tuples,
              (select string_agg(attname || n_distinct, ' ' order by attname) from pg_stats where tablename = 'items') as statistics,
              (select pg_get_userbyid(relowner) from pg_class where oid = 'items'::regclass) as owner`,
    )
    return rows[0] ?? {}
  })
}

/** A base backup of an embedded server by the low-level API, into `target`: no program is needed, and no manifest is written. */
export async function copyRunningCluster(server: Server, target: string): Promise<void> {
  await withClient(server.connection('postgres'), async (client) => {
    const { rows } = await client.query<{ directory: string }>(
      `select current_setting('data_directory') as directory`,
    )
    const directory = rows[0]?.directory ?? ''
    await client.query(`select pg_backup_start('test', true)`)
    await cp(directory, target, { recursive: true, filter: (path) => !path.endsWith('postmaster.pid') })
    const stopped = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
    await writeFile(join(target, 'backup_label'), stopped.rows[0]?.labelfile ?? '')
    // What was written meanwhile; nothing else writes here, so that the last file is of now.
    await rm(join(target, 'pg_wal'), { recursive: true })
    await cp(join(directory, 'pg_wal'), join(target, 'pg_wal'), { recursive: true })
  })
}
