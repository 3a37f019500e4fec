/**
 * Measures snapshots and clones against restoring again and against testcontainers' own snapshot, at several sizes; the
 * first write on a Docker engine whose data lies on XFS; and kills makers of snapshots at random moments.
 *
 *     node bench/snapshots.ts [sizes in MB] [--only clones|xfs|kills] [--engine docker|embedded]
 *
 * Sizes are 10, 200 and 2000 by default. `xfs` needs root, mkfs.xfs, ip and dockerd.
 */
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { engines } from '../harness/engines/index.ts'
import type { ClientTool, Engine, Frozen, Server, ServerRequest } from '../harness/engines/engine.ts'
import { listVolumes } from '../harness/engines/docker-volumes.ts'
import { dockerClient } from '../harness/engines/docker-client.ts'
import { withClient } from '../harness/postgres/client.ts'
import { openRun } from '../harness/runs/open-run.ts'
import { killMakers } from './snapshot-kills.ts'
import { testcontainersSnapshot } from './testcontainers-snapshot.ts'
import { median, timed } from './timing.ts'
import { withXfsEngine } from './xfs-engine.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, engine: { type: 'string' } },
})
const sizes = (positionals.length > 0 ? positionals : ['10', '200', '2000']).map(Number)
const asked = (part: string) => values.only === undefined || values.only === part
const chosen = (['docker', 'embedded'] as const).filter(
  (name) => values.engine === undefined || values.engine === name,
)
const rounds = 5
/** One whole segment of a relation. */
const segmentMb = 1_100

const run = await openRun()
const request: ServerRequest = { major: 17, image: undefined, serverUrl: undefined, run }
const directory = await mkdtemp(join(tmpdir(), 'bench-snapshots-'))
await chmod(directory, 0o711)
try {
  if (asked('clones')) {
    for (const name of chosen) for (const sizeMb of sizes) await measure(engines[name], sizeMb)
  }
  if (values.only === 'first-write') await firstWrite(sizes[0] ?? segmentMb)
  if (asked('xfs') && chosen.includes('docker')) {
    await withXfsEngine(directory, 12e9, async (dockerHost) => {
      const args = [import.meta.filename, String(segmentMb), '--only', 'first-write', '--engine', 'docker']
      await execa(process.execPath, args, {
        env: { DOCKER_HOST: dockerHost },
        stdout: 'inherit',
        stderr: 'inherit',
      })
    })
  }
  if (asked('kills')) await killMakers(chosen, directory)
} finally {
  await run.dispose()
  await rm(directory, { recursive: true, force: true })
}

/** Some `sizeMb` with its index. */
function fillOf(sizeMb: number): string[] {
  const rows = sizeMb * 3_700
  return [
    `create table t as select i, repeat('x', 200) as filler from generate_series(1, ${rows}) i`,
    'alter table t add primary key (i)',
    'vacuum (freeze, analyze)',
  ]
}

/** What the first change of a relation on a fresh clone takes, on the engine that DOCKER_HOST names. */
async function firstWrite(sizeMb: number): Promise<void> {
  const { freezing } = engines.docker
  if (freezing === undefined) return
  const server = await freezing.start(request)
  await server.createDatabase('bench')
  await fill(server, sizeMb)
  const frozen = await server.freeze()
  const writes: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const { server: clone } = await freezing.clone(frozen, { ...request, purpose: 'bench' })
    await withClient(clone.connection('bench'), async (client) => {
      writes.push(await timed(() => client.query('update t set i = i where i = 1')))
    })
    await clone.stop()
  }
  await freezing.discard(frozen)
  console.log(
    `docker on XFS: first write to a relation of ${sizeMb} MB, median ${median(writes)} ms (${writes.join(' ')})`,
  )
}

async function fill(server: Server, sizeMb: number): Promise<void> {
  await withClient(server.connection('bench'), async (client) => {
    for (const sql of fillOf(sizeMb)) await client.query(sql)
  })
}

/** One size on one engine: freeze, clones, idle size, first touch, and restoring the same from a dump again. */
async function measure(engine: Engine, sizeMb: number): Promise<void> {
  const { freezing } = engine
  if (freezing === undefined || !(await engine.probe(request)).available) return
  const startedAt = performance.now()
  const server = await freezing.start(request)
  const startMs = performance.now() - startedAt
  await server.createDatabase('bench')
  const loadMs = await timed(() => fill(server, sizeMb))
  const restoreMs = Math.round(startMs + ((await restoreAgain(server)) ?? loadMs))
  let frozen: Frozen | undefined
  const freezeMs = await timed(async () => void (frozen = await server.freeze()))
  if (frozen === undefined) return
  const clones = await clonesOf(freezing, frozen)
  const theirs =
    engine.name === 'docker' ? await testcontainersSnapshot(run, fillOf(sizeMb), rounds) : undefined
  console.log(
    [
      `${engine.name} ${sizeMb} MB (${(frozen.bytes / 1e6).toFixed(0)} MB on disk)`,
      `freeze ${freezeMs} ms`,
      `ready clone median ${clones.readyMs} ms`,
      `a server and restoring again ${restoreMs} ms (${(restoreMs / clones.readyMs).toFixed(1)} times)`,
      `first count(*) ${clones.firstMs} ms, second ${clones.secondMs} ms, after unshare (${clones.unshareMs} ms) first update ${clones.updateMs} ms`,
      ...(theirs === undefined
        ? []
        : [
            `testcontainers: snapshot() ${theirs.snapshotMs} ms, restoreSnapshot() median ${theirs.restoreMs} ms (${(theirs.restoreMs / clones.readyMs).toFixed(1)} times)`,
          ]),
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
