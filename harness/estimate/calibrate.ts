import type { Client } from 'pg'
import type { Calibration } from './calibration.ts'

const rows = 300_000
const commits = 40

/**
 * Measures one server in a few seconds. In a temporary table alone, unless the database is a `throwaway` one, where the
 * write-ahead log and commits are measured too; the session is read-only to all else and gives up after 20 seconds a
 * statement.
 */
export async function calibrate(client: Client, { throwaway }: { throwaway: boolean }): Promise<Calibration> {
  await client.query(`set statement_timeout = '20s'`)
  await client.query('create temp table pg_rehearsal_calibration (id int, value text)')
  if (!throwaway) await client.query('set default_transaction_read_only = on')
  await client.query(`set work_mem = '64MB'`)
  await client.query(
    `insert into pg_rehearsal_calibration select n, md5(n::text) from generate_series(1, ${rows}) n`,
  )
  const scanMs = await medianMs(() =>
    client.query('select sum(id), max(length(value)) from pg_rehearsal_calibration'),
  )
  const sortMs = await medianMs(() =>
    client.query(
      'select max(value) from (select value from pg_rehearsal_calibration order by value offset 0) s',
    ),
  )
  await client.query('drop table if exists pg_temp.pg_rehearsal_calibration').catch(() => {})
  return {
    scanRowsPerS: perSecond(rows, scanMs),
    sortRowsPerS: perSecond(rows, sortMs),
    ...(throwaway ? await writes(client) : { walBytesPerS: null, commitMs: null }),
  }
}

async function writes(client: Client): Promise<Pick<Calibration, 'walBytesPerS' | 'commitMs'>> {
  await client.query('create table pg_rehearsal_calibration_written (id int, value text)')
  const before = await position(client)
  const startedAt = performance.now()
  await client.query(
    `insert into pg_rehearsal_calibration_written select n, md5(n::text) from generate_series(1, ${rows}) n`,
  )
  const written = (await position(client)) - before
  const walBytesPerS = perSecond(written, performance.now() - startedAt)
  const times = []
  for (let commit = 0; commit < commits; commit += 1) {
    const beganAt = performance.now()
    await client.query(`insert into pg_rehearsal_calibration_written values (${commit}, '')`)
    times.push(performance.now() - beganAt)
  }
  await client.query('drop table pg_rehearsal_calibration_written')
  return { walBytesPerS, commitMs: Math.round(median(times) * 1000) / 1000 }
}

async function position(client: Client): Promise<number> {
  const { rows: found } = await client.query<{ position: string }>(
    `select (pg_current_wal_insert_lsn() - '0/0')::text as position`,
  )
  return Number(found[0]?.position)
}

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const times = []
  for (let round = 0; round < 3; round += 1) {
    const startedAt = performance.now()
    await work()
    times.push(performance.now() - startedAt)
  }
  return median(times)
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

const perSecond = (amount: number, ms: number): number => Math.round((amount / ms) * 1000)
