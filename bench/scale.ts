// What a rehearsal takes by the size of the database and the number of its tables, for the cost model of
// docs/scale.md. `node bench/scale.ts [--clones] [GB...]` (0.25 and 1 by default; `--clones`: nothing but freezing and
// cloning); needs four times the largest size on the disk. REHEARSAL_STORAGE_HOOK and TMPDIR say where data lies.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { compareData } from '../harness/catalog/compare-data.ts'
import { listDataTables } from '../harness/catalog/data-tables.ts'
import { fingerprint, recipeOf } from '../harness/catalog/fingerprint.ts'
import { readCatalog } from '../harness/catalog/read.ts'
import { everyRow, planSampling } from '../harness/catalog/sampling.ts'
import { flush, readTouched, untouchedSince } from '../harness/catalog/touched.ts'
import { embedded } from '../harness/engines/embedded.ts'
import type { Engine, Freezing, Server } from '../harness/engines/engine.ts'
import { connect, withClient } from '../harness/postgres/client.ts'
import { openRun } from '../harness/runs/open-run.ts'

const sizes = process.argv
  .slice(2)
  .map(Number)
  .filter((size) => size > 0)
const clonesAlone = process.argv.includes('--clones')
const parallelism = availableParallelism()
const freezing = freezingOf(embedded)

const run = await openRun()
try {
  for (const gigabytes of sizes.length === 0 ? [0.25, 1] : sizes) await bySize(gigabytes)
  if (sizes.length === 0) await byTables([100, 1_000])
} finally {
  await run.dispose()
}

function freezingOf({ freezing }: Engine): Freezing {
  if (freezing === undefined) throw new Error('the embedded engine cannot freeze')
  return freezing
}

async function bySize(gigabytes: number): Promise<void> {
  const storageHook = process.env['REHEARSAL_STORAGE_HOOK']
  const request = { major: undefined, image: undefined, serverUrl: undefined, run, storageHook }
  const server = await freezing.start(request)
  await server.createDatabase('app')
  const load = await timed(() => sql(server, 'app', table(gigabytes)))
  const bytes = Number(await one(server, 'app', `select pg_database_size('app')`))
  const perGb = (ms: number) => `${(ms / 1e3 / (bytes / 1e9)).toFixed(2)} s/GB`
  const say = (what: string, ms: number) =>
    console.log(`  ${what.padEnd(52)} ${(ms / 1e3).toFixed(2)} s  ${perGb(ms)}`)
  console.log(`${(bytes / 1e9).toFixed(2)} GB, ${await one(server, 'app', 'select count(*) from wide')} rows`)
  say('loading it by SQL, with its primary key', load)
  if (!clonesAlone) await comparisons(server, say)
  const frozen = await server.freeze()
  say(
    'clone: a server of its own',
    await timed(async () => {
      const cloned = await freezing.clone(frozen, { ...request, purpose: 'bench' })
      console.log(`  (${cloned.method})`)
      await cloned.server.stop()
    }),
  )
  console.log(`  frozen ${(frozen.bytes / 1e9).toFixed(2)} GB; this program takes ${peakMb()} MB at most`)
  await freezing.discard(frozen)
}

async function comparisons(server: Server, say: (what: string, ms: number) => void): Promise<void> {
  const copy = await timed(() => server.cloneDatabase('app', 'pristine'))
  say('copy within the server', copy)
  say('count(*)', await median(() => sql(server, 'app', 'select count(*) from wide')))
  const into = (name: string) => () => connect(server.connection(name))
  for (const oneIn of [1, 16, 256]) {
    const tables = await withClient(server.connection('pristine'), (client) => listDataTables(client))
    const sampling =
      oneIn === 1 ? everyRow : planSampling(tables, Math.max(...tables.map((it) => it.bytes)) / oneIn)
    const of = oneIn === 1 ? 'every row' : `one row in ${oneIn}`
    say(`digests, ${of}`, await median(() => fingerprint({ connect: into('app'), parallelism, sampling })))
    const compare = () =>
      compareData({ before: into('pristine'), after: into('app'), by: 'oid', parallelism, sampling })
    say(`comparison of two equal copies, ${of}`, await median(compare))
  }
  await untouched(server, say)
  await sql(server, 'app', 'update wide set a = a + 1 where id % 1000 = 0')
  const compare = () => compareData({ before: into('pristine'), after: into('app'), by: 'oid', parallelism })
  say('comparison where one row in 1,000 changed', await timed(compare))
}

/** What the stages read and what they need not: one small table of the database was written to. */
async function untouched(server: Server, say: (what: string, ms: number) => void): Promise<void> {
  const into = (name: string) => () => connect(server.connection(name))
  await sql(server, 'app', 'vacuum')
  await withClient(server.connection('app'), flush)
  await setTimeout(1_100)
  const marks = await withClient(server.connection('app'), (client) => readTouched(client))
  await sql(server, 'app', 'update little set a = a + 1')
  const compare = async (isSpared: boolean) => {
    const now = isSpared
      ? await withClient(server.connection('app'), (client) => readTouched(client))
      : new Map<string, null>()
    const sides = { before: into('pristine'), after: into('app'), by: 'oid', parallelism } as const
    await compareData({ ...sides, untouched: untouchedSince(marks, now) })
  }
  say('comparison, one small table written to, all read', await median(() => compare(false)))
  say('… untouched tables not read', await median(() => compare(true)))
  const request = { connect: into('pristine'), parallelism }
  say('baseline: digests', await median(() => fingerprint(request)))
  say('… what stored ones are found by', await median(() => recipeOf(request)))
  say(
    'a look at what was written to',
    await median(() => withClient(server.connection('app'), (client) => readTouched(client))),
  )
}

async function byTables(numbers: readonly number[]): Promise<void> {
  const server = await embedded.start({ major: undefined, image: undefined, serverUrl: undefined, run })
  for (const number of numbers) {
    await server.createDatabase('tables')
    await sql(
      server,
      'tables',
      `do $$ begin for i in 1..${number} loop execute format('create table t%s (id bigint
      primary key, a integer, b text, c timestamptz, d numeric(10, 2)); insert into t%s select n from generate_series(1, 100) n', i, i);
      if i % 100 = 0 then commit; end if; end loop; end $$`,
    )
    const connectTo = () => connect(server.connection('tables'))
    const catalog = await median(() =>
      withClient(server.connection('tables'), (client) => readCatalog(client)),
    )
    const digests = await median(() => fingerprint({ connect: connectTo, parallelism }))
    const perTable = (ms: number) => `${(ms / number).toFixed(2)} ms a table`
    console.log(`${number} tables of 100 rows: catalog ${perTable(catalog)}, digests ${perTable(digests)}`)
    await server.dropDatabase('tables')
  }
  await server.stop()
}

/** Rows of some 250 bytes in 12 columns. */
function table(gigabytes: number): string {
  return `create table wide as select n::bigint as id, n % 7 as a, (n * 3.5)::numeric(12, 2) as b, 'some text ' || n as c,
      md5(n::text) as d, timestamptz '2024-01-01' + n * interval '1 s' as e, n % 2 = 0 as f,
      case when n % 3 = 0 then 'x' || n end as g, n::bigint * 1000003 as h, date '2024-01-01' + n % 1000 as i,
      md5(n::text)::uuid as j, repeat('lorem ipsum ', 5) as k
    from generate_series(1, ${Math.round(gigabytes * 3.9e6)}) n; alter table wide add primary key (id); analyze wide;
    create table little as select n as a from generate_series(1, 100) n`
}

async function sql(server: Server, database: string, text: string): Promise<void> {
  await withClient(server.connection(database), async (client) => void (await client.query(text)))
}

async function one(server: Server, database: string, query: string): Promise<string> {
  return await withClient(server.connection(database), async (client) => {
    const { rows } = await client.query<string[]>({ text: query, rowMode: 'array' })
    return String(rows[0]?.[0])
  })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = []
  for (let round = 0; round < 3; round += 1) durations.push(await timed(work))
  return durations.toSorted((left, right) => left - right)[1] ?? 0
}

function peakMb(): string {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return (Number(peak) / 1e3).toFixed(0)
}
