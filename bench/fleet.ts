/**
 * A fleet of small databases in a queue, rehearsed by workers that each have a Docker engine of their own, behind a
 * network of its own and reached by TLS: how much faster several are than one; and with one worker killed and the
 * engine of another cut off in the middle, whether every database has exactly one result and nothing is left.
 *
 *     node bench/fleet.ts [databases] [workers] [--only one|many|faults]
 *
 * 60 and 3 unless said. Needs root. Exits 1 when a result is lost, there twice or wrong, or something is left.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { packageFile } from '../harness/docs.ts'
import { engines } from '../harness/engines/index.ts'
import { withClient } from '../harness/postgres/client.ts'
import type { Connection } from '../harness/postgres/connection.ts'
import { urlOf } from '../harness/postgres/url.ts'
import { openRun } from '../harness/runs/open-run.ts'
import { createTeardown } from '../harness/teardown.ts'
import { startProgram } from '../harness/testing/program.ts'
import { missingForRemoteEngine, remoteEngine, type RemoteEngine } from '../harness/testing/remote-engine.ts'
import { makeTenants } from '../harness/testing/tenants.ts'
import { endingBySignal } from './ending.ts'
import { processorTimes } from './processor-times.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', multiple: true } },
})
const [databases = 60, workers = 3] = positionals.map(Number)
const parts = values.only ?? ['one', 'many', 'faults']
const schema = 'rehearsal_queue'

const missing = await missingForRemoteEngine()
if (missing !== undefined) throw new Error(missing)
const directory = await mkdtemp('/var/tmp/pgr-bench-fleet-')
await chmod(directory, 0o711)
const teardown = createTeardown()
// What a killed worker rehearsed may still be on its way out.
const removing = { recursive: true, force: true, maxRetries: 5, retryDelay: 1_000 }
teardown.defer(directory, async () => await rm(directory, removing))
const ending = endingBySignal()
try {
  await bench()
} catch (error) {
  if (!ending.aborted) throw error
} finally {
  for (const problem of await teardown.run()) console.error(problem)
}
if (ending.aborted) process.exit(Number(ending.reason))

type Worker = Readonly<{ engine: RemoteEngine; process: ReturnType<typeof startProgram> }>

interface Stored {
  readonly name: string
  readonly verdict: string
  readonly results: number
  readonly attempts: number
}

async function bench(): Promise<void> {
  const run = await openRun()
  teardown.defer('the run', async () => await run.dispose())
  const request = { major: undefined, image: undefined, serverUrl: undefined, run }
  const server = await engines.embedded.start(request)
  teardown.defer('the server of the queue', async () => await server.stop())
  const made: RemoteEngine[] = []
  for (let number = 1; number <= workers; number += 1) {
    ending.throwIfAborted()
    const engine = await remoteEngine({ name: `fleet${number}` })
    teardown.defer(`engine ${number}`, engine.dispose)
    await engine.load('postgres:17')
    made.push(engine)
  }
  const expected = await writeFleet()
  console.log(`${databases} databases, ${availableParallelism()} cores`)
  let one: { spanMs: number; busy: number } | undefined
  for (const part of parts) {
    await server.createDatabase(`queue_${part}`)
    const connection = server.connection(`queue_${part}`)
    const engaged = part === 'one' ? made.slice(0, 1) : made
    const { spanMs, busy } = await round(part, connection, engaged)
    const sameAsExpected = await judge(connection, expected)
    const left = await leftOn(made, part === 'faults' ? made[1] : undefined)
    if (part === 'one') one = { spanMs, busy }
    // One worker that keeps x of the processors busy leaves room for 1/x of it.
    const faster =
      part === 'many' && one !== undefined
        ? `, ${(one.spanMs / spanMs).toFixed(2)} times as fast as one (these processors allow ${(1 / one.busy).toFixed(2)})`
        : ''
    console.log(
      `${part.padEnd(6)}  ${engaged.length} workers  ${(spanMs / 1_000).toFixed(1)} s${faster}, processors busy ${(busy * 100).toFixed(0)} %`,
    )
    console.log(`        ${sameAsExpected}; left on engines: ${left.join(' ') || 'nothing'}`)
    if (left.length > 0) process.exitCode = 1
  }
}

/** Each database has a backup of its own; some cannot be migrated, and some are cut off. */
async function writeFleet(): Promise<ReadonlyMap<string, string>> {
  const tenants = await makeTenants(directory)
  const sql = gunzipSync(await readFile(tenants.plain)).toString()
  const sour = gunzipSync(await readFile(tenants.violating)).toString()
  const expected = new Map<string, string>()
  const lines = []
  for (let number = 1; number <= databases; number += 1) {
    const name = `tenant-${number}`
    const kind = number % 10 === 7 ? 'failed' : number % 10 === 4 ? 'could-not-verify' : 'passed'
    const backup = kind === 'could-not-verify' ? tenants.torn : join(directory, `${name}.sql`)
    if (kind !== 'could-not-verify')
      await writeFile(backup, `${kind === 'failed' ? sour : sql}\n-- ${name}\n`)
    expected.set(name, kind)
    lines.push(`  - { name: ${name}, backup: '${backup}' }`)
  }
  await writeFile(
    join(directory, 'fleet.yaml'),
    [
      `defaults: { engine: docker, postgres: 17, snapshots: 'off' }`,
      'queue: { heartbeat: 15s }',
      'databases:',
      ...lines,
    ].join('\n'),
  )
  return expected
}

/** Rehearses everything; with `faults`, a third of the way one worker is killed, and the next one's engine is cut off. */
async function round(
  part: string,
  connection: Connection,
  engaged: readonly RemoteEngine[],
): Promise<{ spanMs: number; busy: number }> {
  const common = { REHEARSAL_QUEUE_URL: urlOf(connection), REHEARSAL_FLEET: join(directory, 'fleet.yaml') }
  const cwd = packageFile('fixtures/fleet')
  const enqueued = await startProgram(['fleet', 'enqueue'], { cwd, env: common })
  if (enqueued.exitCode !== 0) throw new Error(enqueued.stderr)
  const before = await processorTimes()
  const started = await Promise.all(
    engaged.map(async (engine, index): Promise<Worker> => {
      const home = join(directory, `${part}-${index + 1}`)
      await mkdir(home, { mode: 0o711 })
      const places = {
        TMPDIR: home,
        XDG_CACHE_HOME: join(home, 'cache'),
        XDG_STATE_HOME: join(home, 'state'),
      }
      ending.throwIfAborted()
      const args = ['fleet', 'worker', '--once', '--parallel', '1', '--output', join(home, 'reports')]
      const worker = startProgram(args, { cwd, env: { ...common, ...engine.tls, ...places } })
      // By itself execa would kill it for good after 5 s.
      const end = () => void worker.nodeChildProcess.kill('SIGTERM')
      ending.addEventListener('abort', end)
      teardown.defer('a worker', async () => {
        end()
        await worker
      })
      return { engine, process: worker }
    }),
  )
  if (part === 'faults') await breakThings(connection, started)
  const ends = await Promise.all(started.map(async (worker) => await worker.process))
  const after = await processorTimes()
  ending.throwIfAborted()
  for (const { exitCode, stderr } of ends) {
    if (part !== 'faults' && exitCode !== 0) throw new Error(stderr)
  }
  // From the first beginning to the last result.
  const span = `extract(epoch from (select max(stored_at) from ${schema}.fleet_result) - min(started_at)) * 1000`
  const spanMs = await numberOf(connection, `select ${span} as value from ${schema}.fleet_attempt`)
  return { spanMs, busy: (after.busy - before.busy) / (after.all - before.all) }
}

async function breakThings(connection: Connection, [killed, cut]: readonly Worker[]): Promise<void> {
  await until(async () => (await countResults(connection)) >= Math.floor(databases / 3))
  // In the middle of a rehearsal: its containers are there.
  await until(async () => killed !== undefined && (await killed.engine.docker('ps', '--quiet')) !== '')
  killed?.process.kill('SIGKILL')
  console.log(`        worker 1 killed after ${await countResults(connection)} results`)
  await until(async () => cut !== undefined && (await cut.engine.docker('ps', '--quiet')) !== '')
  await cut?.engine.network.cut()
  console.log(`        engine 2 cut off after ${await countResults(connection)} results`)
}

/** One result of each database and no other, each as it has to be. */
async function judge(connection: Connection, expected: ReadonlyMap<string, string>): Promise<string> {
  const stored = await withClient(connection, async (client) => {
    const { rows } = await client.query<Record<keyof Stored, string>>(
      `select name, min(result->>'verdict') as verdict, count(*) as results, max((result->>'attempts')::int) as attempts
       from ${schema}.fleet_result group by name`,
    )
    return rows.map((row): Stored => ({
      ...row,
      results: Number(row.results),
      attempts: Number(row.attempts),
    }))
  })
  const byName = new Map(stored.map((it) => [it.name, it]))
  const names = [...expected.keys()]
  const lost = names.filter((name) => !byName.has(name))
  const twice = stored.filter(({ results }) => results > 1)
  const wrong = stored.filter(({ name, verdict }) => expected.get(name) !== verdict)
  if (lost.length + twice.length + wrong.length > 0) process.exitCode = 1
  const again = stored.filter(({ attempts }) => attempts > 1)
  const told = wrong.map(({ name, verdict }) => `${name} ${verdict}`)
  return `${stored.length} results, ${lost.length} lost, ${twice.length} twice, ${wrong.length} wrong${told.length > 0 ? ` (${told.join(', ')})` : ''}, ${again.length} begun more than once`
}

/** What of ours the engines have, apart from the one that was cut off, which gets it back first. */
async function leftOn(made: readonly RemoteEngine[], cut: RemoteEngine | undefined): Promise<string[]> {
  const surviving = made.filter((engine) => engine !== cut)
  await until(async () => (await Promise.all(surviving.map(thingsOn))).flat().length === 0, 30_000).catch(
    () => {},
  )
  const left = (await Promise.all(surviving.map(thingsOn))).flat()
  if (cut !== undefined) {
    const there = await thingsOn(cut)
    await cut.network.heal()
    await startProgram(['clean'], { cwd: packageFile('fixtures/fleet'), env: { ...cut.tls } })
    const still = await thingsOn(cut)
    console.log(
      `        on the engine that was cut off: ${there.length} things; after \`rehearse clean\`: ${still.length}`,
    )
  }
  return left
}

async function thingsOn({ docker }: RemoteEngine): Promise<string[]> {
  const containers = await docker('ps', '--all', '--format', '{{.Names}}')
  const volumes = await docker('volume', 'ls', '--quiet')
  return `${containers}\n${volumes}`.split('\n').filter((name) => name !== '')
}

async function countResults(connection: Connection): Promise<number> {
  return await numberOf(connection, `select count(*) as value from ${schema}.fleet_result`)
}

async function numberOf(connection: Connection, text: string): Promise<number> {
  return await withClient(connection, async (client) => Number((await client.query(text)).rows[0]?.value))
}

async function until(condition: () => Promise<boolean>, limitMs = 600_000): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await condition()); await sleep(200)) {
    ending.throwIfAborted()
    if (Date.now() > deadline) throw new Error('it did not come to that in time')
  }
}
