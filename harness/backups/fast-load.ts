import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Server } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'

/**
 * Runs a load on a server that is set up for nothing else, then gives the server its own settings back, so that
 * what is measured afterwards is measured under those. A server that is not ours keeps its settings.
 */
export async function withFastLoad<Result>(server: Server, load: () => Promise<Result>): Promise<Result> {
  if (!server.owned) return load()
  await withClient(server.connection('postgres'), async (client) => await change(client, 'set'))
  try {
    return await load()
  } finally {
    // When the load failed because the server is gone, that is what must be heard.
    await withClient(server.connection('postgres'), async (client) => await change(client, 'reset')).catch(
      () => {},
    )
  }
}

/**
 * Vacuums and analyzes a database that was just loaded: hint bits, visibility, statistics. Without them the
 * first scans would write, and autovacuum would set in while something is measured.
 */
export async function settle(server: Server, database: string): Promise<void> {
  await withClient(server.connection(database), async (client) => {
    await client.query('vacuum (freeze, analyze)')
  })
}

/**
 * For the command line of a server that is loaded and then frozen: nobody replicates from it, so rows and indexes of new
 * tables need not be logged at all. https://www.postgresql.org/docs/current/populate.html#POPULATE-MAX-WAL-SENDERS
 */
export const loadSettings = { wal_level: 'minimal', max_wal_senders: '0' }

/** All of them take effect by a reload. A server that dies meanwhile is thrown away. */
const settings = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
  max_wal_size: '16GB',
  checkpoint_timeout: '1h',
  maintenance_work_mem: '256MB',
}

async function change(client: Client, to: 'set' | 'reset'): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    const sql = to === 'set' ? `set ${name} = ${client.escapeLiteral(value)}` : `reset ${name}`
    await client.query(`alter system ${sql}`)
  }
  const before = await loadedAt(client)
  await client.query('select pg_catalog.pg_reload_conf()')
  for (let waitedMs = 0; waitedMs < 5_000 && (await loadedAt(client)) === before; waitedMs += 10)
    await sleep(10)
  if (to === 'reset') await client.query('checkpoint')
}

async function loadedAt(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ at: string }>('select pg_catalog.pg_conf_load_time()::text as at')
  return rows[0]?.at
}
