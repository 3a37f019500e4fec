/**
 * What probes cost the migrations that they watch: each workload with and without twenty canaries (reads and writes
 * of ten tables every 25 ms), turn and turn about, on copies of one database. Prints medians and their ratio;
 * `node bench/probes.ts [runs]`.
 */
import { Client } from 'pg'
import { withClient } from '../harness/postgres/client.ts'
import type { Connection } from '../harness/postgres/connection.ts'
import { measure } from '../harness/probes/measure.ts'
import { startProber } from '../harness/probes/prober.ts'
import { readTargets } from '../harness/probes/targets.ts'
import { openRun } from '../harness/runs/open-run.ts'
import { sharedServer, stopSharedServers } from '../harness/testing/server.ts'

const runs = Number(process.argv[2] ?? 7)
const tables = Array.from({ length: 10 }, (_, n) => `public.t${n}`)
const server = await sharedServer()
const run = await openRun()
const template = 'bench_probes'
await server.createDatabase(template)
await withClient(server.connection(template), async (client) => {
  for (const table of tables) {
    await client.query(`create table ${table} (id int primary key, n int, note text)`)
    await client.query(`insert into ${table} select n, n, 'note ' || n from generate_series(1, 20000) n`)
  }
  await client.query('vacuum analyze')
})

const workloads = {
  '1,000 small statements, a transaction each': Array.from(
    { length: 1_000 },
    (_, n) => `alter table ${tables[n % 10]} alter column n set default ${n}`,
  ),
  'backfill of 200,000 rows, a table at a time': tables.map((table) => `update ${table} set n = n + 1`),
  'ten indexes': tables.map((table) => `create index on ${table} (note)`),
  'all of it in one transaction': [
    'begin',
    ...tables.flatMap((table) => [
      `alter table ${table} add column more int`,
      `update ${table} set more = n`,
      `alter table ${table} alter column more set not null`,
    ]),
    'commit',
  ],
}

try {
  console.log(
    `${'workload'.padEnd(48)}${'alone'.padStart(11)}${'probed'.padStart(11)}${'ratio'.padStart(8)}${'own lag'.padStart(11)}`,
  )
  for (const [title, statements] of Object.entries(workloads)) await compare(title, statements)
} finally {
  await run.dispose()
  await stopSharedServers()
}

async function compare(title: string, statements: readonly string[]): Promise<void> {
  const alone: number[] = []
  const probed: number[] = []
  const lags: number[] = []
  for (let round = 0; round < runs; round += 1) {
    alone.push(await onCopy((connection) => timed(connection, statements)))
    probed.push(await onCopy((connection) => timedUnderProbes(connection, statements, lags)))
  }
  const cells = [median(alone), median(probed)].map((value) => `${value.toFixed(0)} ms`.padStart(11))
  const ratio = (median(probed) / median(alone)).toFixed(2).padStart(8)
  console.log(`${title.padEnd(48)}${cells.join('')}${ratio}${`${median(lags).toFixed(0)} ms`.padStart(11)}`)
}

async function onCopy(work: (connection: Connection) => Promise<number>): Promise<number> {
  await server.cloneDatabase(template, 'bench_probes_copy')
  try {
    return await work(server.connection('bench_probes_copy'))
  } finally {
    await server.dropDatabase('bench_probes_copy')
  }
}

async function timedUnderProbes(
  connection: Connection,
  statements: readonly string[],
  lags: number[],
): Promise<number> {
  const choices = tables.map((name) => ({ name, why: 'locked' as const }))
  const targets = await withClient(connection, (client) => readTargets(client, choices))
  const start = { connection, targets: targets.targets, intervalMs: 25, traffic: null }
  const prober = await startProber(start, run)
  try {
    const durationMs = await timed(connection, statements)
    const nothing = { runs: [], windows: [], statements: [], locks: [] }
    lags.push(measure(await prober.stop(), nothing, { ...targets, intervalMs: 25 }).ownLagMs)
    return durationMs
  } finally {
    await prober.close()
  }
}

async function timed(connection: Connection, statements: readonly string[]): Promise<number> {
  const client = new Client(connection)
  await client.connect()
  const startedAt = performance.now()
  for (const sql of statements) await client.query(sql)
  const durationMs = performance.now() - startedAt
  await client.end()
  return durationMs
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
