/**
 * How much of a rehearsal's time is the harness's own: the worked example rehearsed, against its bare parts done
 * by hand in the same run (start a server, psql, Migrator up, app and specs, Migrator down, app and specs).
 *
 *     npm run bench:end-to-end -- [embedded|docker] [rounds]
 */
import { createReadStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { execa } from 'execa'
import { createRoles } from '../harness/backups/create-roles.ts'
import { engines } from '../harness/engines/index.ts'
import { urlOf } from '../harness/postgres/url.ts'
import type { Rehearsal } from '../harness/rehearsal.ts'
import { openRun } from '../harness/runs/open-run.ts'
import { freePort } from '../harness/runs/free-port.ts'

const [engineName = 'embedded', rounds = '5'] = process.argv.slice(2)
const engine = engineName === 'docker' ? engines.docker : engines.embedded
const pending = 7
const bare: number[] = []
const rehearsed: number[] = []
const observed: number[] = []
for (let round = 0; round < Number(rounds); round += 1) {
  bare.push(await timed(byHand))
  const args = ['harness/cli.ts', 'run', '--engine', engine.name, '--report', 'json=-']
  let stdout = ''
  rehearsed.push(
    await timed(
      async () =>
        ({ stdout } = await execa('node', args, { preferLocal: true, env: { REHEARSAL_SNAPSHOTS: 'off' } })),
    ),
  )
  const { stages }: Rehearsal = JSON.parse(stdout.slice(stdout.indexOf('\n{\n')))
  observed.push((stages.find((stage) => stage.name === 'locks')?.durationMs ?? 0) / 1_000)
}
const share = (total: number) => `${((1 - median(bare) / total) * 100).toFixed(0)} %`
const answered = median(rehearsed) - median(observed)
console.log(`engine ${engine.name}, ${rounds} rounds, medians`)
console.log(`bare parts by hand  ${median(bare).toFixed(2)} s`)
console.log(`rehearsal           ${median(rehearsed).toFixed(2)} s`)
console.log(`harness's own share ${share(median(rehearsed))}`)
console.log(
  `of these, locks     ${median(observed).toFixed(2)} s: the migrations once more, on a copy, looked at`,
)
console.log(`share without it    ${share(answered)}`)

async function byHand(): Promise<void> {
  const run = await openRun()
  const server = await engine.start({ major: 17, image: undefined, serverUrl: undefined, run })
  try {
    await server.createDatabase('shop')
    await createRoles(server, ['comicscout', 'comicscout_app'])
    const stdin = createReadStream('fixtures/comicscout.sql.gz').pipe(createGunzip())
    const restored = await server.runTool('psql', ['-qX', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null'], {
      database: 'shop',
      stdin,
    })
    if (restored.exitCode !== 0) throw new Error(restored.stderr)
    const env = { DATABASE_URL: urlOf(server.connection('shop')) }
    await execa('node', ['bench/bare-migrate.ts', 'up'], { env, preferLocal: true })
    await specs({ ...env, REHEARSAL_PHASE: 'migrated' })
    await execa('node', ['bench/bare-migrate.ts', 'down', String(pending)], { env, preferLocal: true })
    await specs({ ...env, REHEARSAL_PHASE: 'rolled-back' })
  } finally {
    await server.stop()
    await run.dispose()
  }
}

async function specs(env: Record<string, string>): Promise<void> {
  const port = await freePort()
  const APP_URL = `http://127.0.0.1:${port}`
  const app = execa('node', ['fixtures/app/server.ts'], {
    env: { ...env, PORT: String(port) },
    preferLocal: true,
    reject: false,
  })
  while (
    !(await fetch(`${APP_URL}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    ))
  )
    await sleep(20)
  const mocha = ['--import', 'tsx', 'node_modules/mocha/bin/mocha.js', '--no-config', 'specs/**/*.spec.ts']
  await execa('node', mocha, { env: { ...env, APP_URL }, preferLocal: true })
  app.kill('SIGTERM')
  await app
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
