import { Client } from 'pg'
import type { TrafficSample } from './samples.ts'

/** How long a look at production may take before it is given up. */
const limits = { connectMs: 10_000, statementMs: 5_000, lockMs: 1_000 }

/**
 * Looks once at the counters of the database that `url` names, in a session of its own that is read-only, bounded in
 * time, and closed afterwards; it reads one row of `pg_stat_database` and nothing of the team's. Throws what pg throws.
 */
export async function takeSample(url: string): Promise<TrafficSample> {
  const client = new Client({
    connectionString: url,
    application_name: 'pg-rehearsal sample-traffic',
    connectionTimeoutMillis: limits.connectMs,
    query_timeout: limits.statementMs + 1_000,
  })
  client.on('error', () => {})
  await client.connect()
  try {
    // Not by startup options, which poolers refuse, and in one transaction, which poolers keep together.
    await client.query('begin read only')
    await client.query(
      `set local statement_timeout = ${limits.statementMs}; set local lock_timeout = ${limits.lockMs}`,
    )
    const { rows } = await client.query<Row>(
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
         datname as database,
         (xact_commit + xact_rollback)::text as transactions,
         to_char(stats_reset at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as reset_at
       from pg_catalog.pg_stat_database where datname = pg_catalog.current_database()`,
    )
    await client.query('commit')
    const row = rows[0]
    if (row === undefined) throw new Error('the server has no statistics of this database')
    const { at, database, transactions, reset_at } = row
    return { at, database, transactions: Number(transactions), resetAt: reset_at }
  } finally {
    await client.end().catch(() => {})
  }
}

interface Row {
  readonly at: string
  readonly database: string
  readonly transactions: string
  readonly reset_at: string | null
}
