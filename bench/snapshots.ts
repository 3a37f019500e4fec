// Measures snapshots and clones against restoring again and against testcontainers' own snapshot, at several sizes, and
// kills makers of snapshots at random moments. `node bench/snapshots.ts [sizes in MB]`, 10 100 500 2000 by default; `0` only kills.
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { engines } from '../harness/engines/index.ts'
import type { ClientTool, Engine, Frozen, Server, ServerRequest } from '../harness/engines/engine.ts'
import { ownerLabel } from '../harness/engines/docker-container.ts'
import { baseLabel, listVolumes } from '../harness/engines/docker-volumes.ts'
import { dockerClient } from '../harness/engines/docker-client.ts'
import { withClient } from '../harness/postgres/client.ts'
import { isAlive, parseOwner } from '../harness/runs/owner.ts'
import { openRun } from '../harness/runs/open-run.ts'
import { packageFile } from '../harness/docs.ts'

const sizes = process.argv
  .slice(2)
  .map(Number)
  .filter((size) => size > 0)
const rounds = 5
const kills = 10

const run = await openRun()
const request: ServerRequest = { major: 17, image: undefined, serverUrl: undefined, run }
const directory = await mkdtemp(join(tmpdir(), 'bench-snapshots-'))
await chmod(directory, 0o711)
try {
  for (const engine of [engines.docker, engines.embedded] as const) {
    for (const sizeMb of sizes) await measure(engine, sizeMb)
  }
  await killMakers()
} finally {
  await run.dispose()
  await rm(directory, { recursive: true, force: true })
}

/** One size on one engine: freeze, clones, idle size, first touch, and restoring the same from a dump again. */
async function measure(engine: Engine, sizeMb: number): Promise<void> {
  const { freezing } = engine
  if (freezing === undefined || !(await engine.probe(request)).available) return
  const startedAt = performance.now()
  const server = await freezing.start(request)
  const startMs = performance.now() - startedAt
  await server.createDatabase('bench')
  const loadMs = await timed(() =>
    withClient(server.connection('bench'), async (client) => {
      const rows = sizeMb * 3_700
      await client.query(
        `create table t as select i, repeat('x', 200) as filler from generate_series(1, ${rows}) i`,
      )
      await client.query('alter table t add primary key (i)')
      await client.query('vacuum (freeze, analyze)')
    }),
  )
  const restoreMs = Math.round(startMs + ((await restoreAgain(server)) ?? loadMs))
  let frozen: Frozen | undefined
  const freezeMs = await timed(async () => void (frozen = await server.freeze()))
  if (frozen === undefined) return
  const clones = await clonesOf(freezing, frozen)
  console.log(
    [
      `${engine.name} ${sizeMb} MB (${(frozen.bytes / 1e6).toFixed(0)} MB on disk)`,
      `freeze ${freezeMs} ms`,
      `ready clone median ${clones.readyMs} ms`,
      `a server and restoring again ${restoreMs} ms (${(restoreMs / clones.readyMs).toFixed(1)} times)`,
      `first count(*) ${clones.firstMs} ms, second ${clones.secondMs} ms, after unshare (${clones.unshareMs} ms) first update ${clones.updateMs} ms`,
      clones.idleBytes === undefined ? '' : `idle clone ${(clones.idleBytes / 1e6).toFixed(1)} MB`,
    ].join('\n  '),
  )
  await freezing.discard(frozen)
}

/** From a dump in the server's own container; undefined where its tools are not the server's. */
async function restoreAgain(server: Server): Promise<number | undefined> {
  if (server.engine !== 'docker') return undefined
  const file = '/tmp/bench.dump'
  const run = async (tool: ClientTool, args: readonly string[], database: string) => {
    const { exitCode, stderr } = await server.runTool(tool, args, { database })
    if (exitCode !== 0) throw new Error(stderr)
  }
  await run('pg_dump', ['--format=custom', '--compress=0', `--file=${file}`], 'bench')
  await server.createDatabase('again')
  const restoreMs = await timed(() => run('pg_restore', [file], 'again'))
  await server.dropDatabase('again')
  return restoreMs
}

async function clonesOf(freezing: NonNullable<Engine['freezing']>, frozen: Frozen) {
  const ready: number[] = []
  const seen = { firstMs: 0, secondMs: 0, unshareMs: 0, updateMs: 0 }
  let idleBytes: number | undefined
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now()
    const { server, unshare } = await freezing.clone(frozen, { ...request, purpose: 'bench' })
    ready.push(performance.now() - startedAt)
    const ask = (sql: string) =>
      timed(() => withClient(server.connection('bench'), async (client) => void (await client.query(sql))))
    idleBytes ??= await writtenBy()
    if (round === 0) {
      seen.firstMs = await ask('select count(*) from t')
      seen.secondMs = await ask('select count(*) from t')
    }
    if (round === 1) {
      seen.unshareMs = await timed(() => unshare('bench'))
      seen.updateMs = await ask('update t set i = i where i = 1')
    }
    await server.stop()
  }
  return { readyMs: Math.round(median(ready)), idleBytes, ...seen }
}

/** What the running clone has of its own, where its volume can be looked into from here. */
async function writtenBy(): Promise<number | undefined> {
  const client = await dockerClient().catch(() => undefined)
  const volumes = client === undefined ? [] : await listVolumes(client)
  const upper = volumes.find(({ role, labels }) => role === 'upper' && labels['pg-rehearsal.run'] === run.id)
  if (upper === undefined || (await stat(upper.mountpoint).catch(() => undefined)) === undefined)
    return undefined
  return Number(execFileSync('du', ['-sk', upper.mountpoint]).toString().split('\t')[0]) * 1024
}

/** Makers of one snapshot are killed at random moments; then one may finish, and must leave a snapshot and nothing else. */
async function killMakers(): Promise<void> {
  for (const engine of ['docker', 'embedded'] as const) {
    const env = {
      REHEARSAL_STATE: join(directory, 'state'),
      XDG_CACHE_HOME: join(directory, 'cache'),
      TMPDIR: directory,
    }
    const backup = join(directory, `${engine}.sql`)
    await makeUnique(backup)
    const start = (...args: string[]) =>
      execa(process.execPath, [packageFile('harness/cli.ts'), ...args], {
        env,
        reject: false,
        stdin: 'ignore',
      })
    const clone = () => start('clone', '--backup', backup, '--engine', engine)
    for (let kill = 0; kill < kills; kill += 1) {
      const maker = clone()
      await sleep(300 + Math.random() * 5_000)
      maker.kill('SIGKILL')
      await maker
    }
    const { exitCode, stdout, stderr } = await clone()
    const rows = await execa('psql', [stdout, '-Atc', 'select count(*) from listings'], { reject: false })
    for (const [, id] of (await start('clone', 'ls')).stdout.matchAll(/^(r\w{10})/gm))
      await start('clone', 'rm', String(id))
    const stored = JSON.parse((await start('snapshots', 'ls', '--json')).stdout) as {
      key: string
      record: { backup: { path: string } }
    }[]
    const made = stored.filter(({ record }) => record.backup.path === backup)
    for (const { key } of made) await start('snapshots', 'rm', key)
    const left = await leftBehind()
    console.log(
      `${engine}: ${kills} makers killed; the next one: exit code ${exitCode}, ${rows.stdout} rows, ${made.length} snapshot, left behind: ${left.join(' ') || 'nothing'}${exitCode === 0 ? '' : stderr}`,
    )
  }
}

/** Volumes that rest on no snapshot and whose program is gone, and what lies in the bench's own directories. */
async function leftBehind(): Promise<string[]> {
  const client = await dockerClient().catch(() => undefined)
  const volumes = client === undefined ? [] : await listVolumes(client)
  const seals = volumes.filter(({ role }) => role === 'snapshot')
  const shelved = new Set(seals.map(({ labels }) => labels[baseLabel]))
  const dead = volumes.filter(({ name, role, labels }) => {
    const owner = parseOwner(labels[ownerLabel] ?? '')
    return role !== 'snapshot' && !shelved.has(name) && owner !== undefined && !isAlive(owner)
  })
  const paths = await readdir(directory, { recursive: true })
  return [
    ...dead.map(({ name }) => name),
    ...paths.filter((path) => /runs\/r\w+$|snapshots\/[^/]+$|locks\/[^/]+$/.test(path)),
  ]
}

/** The worked example's backup with a comment of its own, so that no stored snapshot is of it. */
async function makeUnique(path: string): Promise<void> {
  const { gunzipSync } = await import('node:zlib')
  const { readFile, writeFile } = await import('node:fs/promises')
  const sql = gunzipSync(await readFile(packageFile('fixtures/comicscout.sql.gz'))).toString()
  await writeFile(path, `${sql}\n-- ${path}\n`)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return Math.round(performance.now() - startedAt)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.trunc(sorted.length / 2)] ?? 0
}
