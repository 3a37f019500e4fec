/**
 * How long restoring takes, in one run, interleaved: bare `pg_restore` on a container as it comes, bare `pg_restore -j`
 * on one that is tuned by hand, and the harness. All read the same dump of several tables, in directory format; the harness also as a custom archive.
 *
 *     npm run bench:restore -- [gigabytes] [rounds]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { loadSettings, settle, withFastLoad } from '../harness/backups/fast-load.ts'
import { openBackup } from '../harness/backups/index.ts'
import { docker } from '../harness/engines/docker.ts'
import { withClient } from '../harness/postgres/client.ts'
import { openRun } from '../harness/runs/open-run.ts'
import { proveRestore } from '../harness/stages/prove-restore.ts'
import { dockerTools } from '../harness/testing/dump.ts'

const [gigabytes = '1', rounds = '3'] = process.argv.slice(2)
const image = 'postgres:17'
const jobs = String(availableParallelism())
const tuned = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'autovacuum=off',
  'wal_level=minimal',
]
  .concat(['max_wal_senders=0', 'max_wal_size=16GB', 'checkpoint_timeout=1h', 'maintenance_work_mem=256MB'])
  .flatMap((setting) => ['-c', setting])

const untuned = 'bare, container as it comes'
const ofArchive = 'the harness, custom archive'
const byHand = `bare, tuned by hand, -j ${jobs}`

const home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-bench-'))
try {
  const { path, archive, megabytes } = await makeDump(Number(gigabytes))
  console.log(`${megabytes} MB with indexes, ${rounds} rounds, ${jobs} jobs, medians in seconds`)
  const times = new Map<string, number[]>()
  const turns = [
    async () => add({ [untuned]: await bare(path, [], []) }),
    async () => add({ [byHand]: await bare(path, tuned, [`--jobs=${jobs}`]) }),
    async () => add(await byHarness(path)),
    async () => add({ [ofArchive]: (await byHarness(archive))['the harness'] ?? Number.NaN }),
  ]
  for (let round = 0; round < Number(rounds); round += 1) {
    // Whatever else the machine does hits each of them first once.
    for (let turn = 0; turn < turns.length; turn += 1) await turns[(round + turn) % turns.length]?.()
  }
  for (const [name, seconds] of times)
    console.log(
      `${name.padEnd(34)}${median(seconds).toFixed(1).padStart(7)}  (${seconds.map((each) => each.toFixed(1)).join(', ')})`,
    )

  for (const [name, other] of [
    ['the harness / tuned by hand', byHand],
    ['the harness / as it comes', untuned],
  ] as const) {
    const ratios = (times.get('the harness') ?? []).map(
      (each, at) => each / (times.get(other)?.[at] ?? Number.NaN),
    )
    console.log(
      `${name.padEnd(34)}${median(ratios).toFixed(2).padStart(7)}  (${ratios.map((each) => each.toFixed(2)).join(', ')})`,
    )
  }

  function add(measured: Readonly<Record<string, number>>): void {
    for (const [name, seconds] of Object.entries(measured))
      times.set(name, [...(times.get(name) ?? []), seconds])
  }
} finally {
  await rm(home, { recursive: true, force: true })
}

/** Tables like those of pgbench and of a shop: narrow and wide, with keys, further indexes and foreign keys. */
async function makeDump(size: number): Promise<{ path: string; archive: string; megabytes: number }> {
  const run = await openRun()
  const server = await docker.start({ major: 17, image: undefined, serverUrl: undefined, run })
  try {
    await server.createDatabase('shop')
    const megabytes = await withClient(server.connection('shop'), async (client) => {
      for (const statement of statements(size)) await client.query(statement)
      const { rows } = await client.query<{ bytes: string }>(`select pg_database_size('shop')::text as bytes`)
      return Math.round(Number(rows[0]?.bytes) / 1e6)
    })
    const tools = await dockerTools(server)
    if (tools === undefined) throw new Error('There is no docker command line.')
    const dump = async (format: 'directory' | 'custom') =>
      await tools.dump('shop', format, home, ['--compress=1'])
    return { path: await dump('directory'), archive: await dump('custom'), megabytes }
  } finally {
    await server.stop()
    await run.dispose()
  }
}

function statements(size: number): string[] {
  const rows = (share: number) => Math.round(size * share)
  return [
    `create table customers as select id, md5(id::text) as name, md5(id::text) || '@example.com' as email,
       now() - id * interval '1 minute' as since from generate_series(1, ${rows(800_000)}) id`,
    `create table products as select id, md5(id::text) as title, repeat(md5(id::text), 6) as description,
       (random() * 10000)::int as pence from generate_series(1, ${rows(400_000)}) id`,
    `create table orders as select id, (random() * ${rows(800_000) - 1})::int + 1 as customer_id,
       now() - id * interval '1 second' as at, (random() * 3)::int as status from generate_series(1, ${rows(2_500_000)}) id`,
    `create table lines as select id, (random() * ${rows(2_500_000) - 1})::int + 1 as order_id,
       (random() * ${rows(400_000) - 1})::int + 1 as product_id, (random() * 9)::int as number
       from generate_series(1, ${rows(5_000_000)}) id`,
    `create table events as select id, jsonb_build_object('user', id % 1000, 'what', md5(id::text), 'n', id) as data
       from generate_series(1, ${rows(1_200_000)}) id`,
    ...['customers', 'products', 'orders', 'lines', 'events'].map(
      (name) => `alter table ${name} add primary key (id)`,
    ),
    'create index on customers (email)',
    'create index on orders (customer_id)',
    'create index on orders (at)',
    'create index on lines (order_id)',
    'create index on lines (product_id)',
    'alter table orders add foreign key (customer_id) references customers',
    'alter table lines add foreign key (order_id) references orders',
    'alter table lines add foreign key (product_id) references products',
  ]
}

/** pg_restore alone is timed: the server runs, and the dump lies in its container. */
async function bare(path: string, settings: readonly string[], args: readonly string[]): Promise<number> {
  const started = await execa('docker', [
    'run',
    '-d',
    '--shm-size=512m',
    '-e',
    'POSTGRES_PASSWORD=bench',
    image,
    'postgres',
    ...settings,
  ])
  const id = started.stdout.trim()
  try {
    await execa('docker', ['cp', path, `${id}:/tmp/dump`])
    await execa('docker', ['exec', id, 'chown', '-R', 'postgres', '/tmp/dump'])
    const ready = ['exec', id, 'pg_isready', '-q', '-h', '127.0.0.1']
    while ((await execa('docker', ready, { reject: false })).exitCode !== 0) await sleep(100)
    await execa('docker', ['exec', id, 'createdb', '-U', 'postgres', 'shop'])
    return await timed(async () => {
      await execa('docker', ['exec', '-u', 'postgres', id, 'pg_restore', '-d', 'shop', ...args, '/tmp/dump'])
    })
  } finally {
    await execa('docker', ['rm', '-fv', id])
  }
}

/** The same pieces, in the same order, as the stage `restore`. */
async function byHarness(path: string): Promise<Record<string, number>> {
  const run = await openRun()
  const server = await docker.start({
    major: 17,
    image: undefined,
    serverUrl: undefined,
    run,
    settings: loadSettings,
  })
  try {
    const { file, format } = await openBackup(path, run.directory)
    const table = { schema: undefined, name: 'kysely_migration' }
    let facts = await format.describe(file, table)
    const reading = await timed(async () => void (facts = await format.describe(file, table)))
    await server.createDatabase('shop')
    const signal = new AbortController().signal
    const measured = { restore: 0, proof: 0, vacuum: 0, copy: 0 }
    await withFastLoad(server, async () => {
      const request = { file, facts, server, database: 'shop', signal, onProgress: () => {} }
      measured.restore = await timed(async () => {
        const { messages } = await format.restore(request)
        if (messages.some(({ kind }) => kind === 'degraded')) throw new Error(JSON.stringify(messages))
      })
      measured.proof = await timed(async () => {
        const asked = { check: false, known: [] }
        const { findings } = await proveRestore(server.connection('shop'), facts, asked, () => {})
        if (findings.length > 0) throw new Error(JSON.stringify(findings))
      })
      measured.vacuum = await timed(async () => await settle(server, 'shop'))
      measured.copy = await timed(async () => await server.cloneDatabase('shop', 'shop_pristine'))
    })
    return {
      'the harness': measured.restore,
      '  beside it, reading it before': reading,
      '  beside it, proof': measured.proof,
      '  beside it, vacuum and analyze': measured.vacuum,
      '  beside it, pristine copy': measured.copy,
    }
  } finally {
    await server.stop()
    await run.dispose()
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}

/** Of an even number the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const half = (sorted.length - 1) / 2
  return ((sorted[Math.floor(half)] ?? Number.NaN) + (sorted[Math.ceil(half)] ?? Number.NaN)) / 2
}
