import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { packageFile } from './docs.ts'
import type { FleetDocument } from './fleet/document.ts'
import type { QueueStatus } from './fleet/queue/status.ts'
import { urlOf } from './postgres/url.ts'
import { engineOrSkip, startProgram } from './testing/program.ts'
import { sharedServer } from './testing/server.ts'
import { withTemporary } from './testing/temporary.ts'
import { makeTenants } from './testing/tenants.ts'

describe('a fleet in a queue', function () {
  this.timeout(300_000)

  before(async function () {
    await engineOrSkip('embedded', this)
  })

  it('has one result for every database, once, though a worker is killed in the middle', async () => {
    await withFleet(async ({ directory, run, worker, status, leftovers, password }) => {
      const enqueued = await run(['enqueue'])
      expect(enqueued.exitCode, enqueued.stderr).to.equal(0)
      const doomed = worker('doomed', ['--parallel', '2'])
      await until(async () => (await leftovers()).some((path) => path.includes('/server-')))
      const running = (await status()).rounds[0]?.databases.filter(({ state }) => state === 'running') ?? []
      expect(running).to.not.deep.equal([])
      doomed.kill('SIGKILL')
      const forgotten = join(directory, 'other', '20200101-020000-0123ab')
      await mkdir(forgotten, { recursive: true })
      await utimes(forgotten, 0, 0)
      const other = await worker('other', ['--once', '--parallel', '2'])
      expect(other.exitCode, other.stderr).to.equal(0)
      expect(await readdir(dirname(forgotten))).to.have.length(1)
      expect(await leftovers()).to.deep.equal([])

      const { exitCode, stdout, document } = await run(['report', '--queue'])
      expect(exitCode).to.equal(1)
      expect(document.results.map(({ name, verdict }) => [name, verdict])).to.deep.equal([
        ['fresh', 'passed'],
        ['twin', 'passed'],
        ['third', 'passed'],
        ['sour', 'failed'],
        ['torn', 'could-not-verify'],
      ])
      for (const { name, attempts } of document.results)
        expect(attempts, name).to.equal(running.some((it) => it.name === name) ? 2 : 1)
      expect(document.repeats).to.deep.equal([])
      const stored = other.stderr.match(/^(passed|failed|could not verify) /gm) ?? []
      expect(stored, 'all were begun, or begun again, by the other').to.have.length(5)
      const [round] = (await status()).rounds
      expect(round?.databases.map(({ state, verdict }) => [state, verdict])).to.deep.equal(
        document.results.map(({ verdict }) => ['done', verdict]),
      )
      expect(`${stdout}${other.stderr}${JSON.stringify(document)}`).to.not.contain(password)
    })
  })

  it('gets back what a worker is told to leave, and ends what is cancelled', async () => {
    await withFleet(async ({ run, worker, status, leftovers }) => {
      await run(['enqueue', 'fresh', 'twin'])
      const leaving = worker('leaving', ['--parallel', '1'])
      await until(async () => (await leftovers()).some((path) => path.includes('/server-')))
      // By itself execa would kill it for good after 5 s.
      leaving.nodeChildProcess.kill('SIGTERM')
      const left = await leaving
      expect(left.exitCode, left.stderr).to.equal(143)
      expect(left.stderr).to.contain('gives back  fresh')
      expect(await leftovers()).to.deep.equal([])
      const states = async () => (await status()).rounds[0]?.databases.map(({ state }) => state)
      expect(await states()).to.deep.equal(['waiting', 'waiting'])

      const last = worker('last', ['--once', '--parallel', '1'])
      await until(async () => (await states())?.includes('running') === true)
      const { stdout } = await run(['cancel', '--all'])
      expect(stdout).to.equal('Cancelled 2 databases, 1 of them under way.')
      const ended = await last
      expect(ended.exitCode, ended.stderr).to.equal(0)
      expect(ended.stderr).to.match(/^lost {2}fresh/m)
      expect(await leftovers()).to.deep.equal([])
      const { exitCode, document } = await run(['report', '--queue', '--wait'])
      expect(exitCode).to.equal(2)
      expect(document.results.map(({ notRun }) => notRun)).to.deep.equal(['interrupted', 'interrupted'])
    })
  })

  it('says which variable is missing, and what an unknown round is', async () => {
    await withFleet(async ({ run }) => {
      const none = await startProgram(['fleet', 'status', '--fleet', 'none.yaml'], { cwd: '/' })
      expect(none.exitCode).to.equal(2)
      const without = await startProgram(['fleet', 'status'], { cwd: '/', env: { REHEARSAL_QUEUE_URL: '' } })
      expect(without.stderr).to.contain('REHEARSAL_QUEUE_URL is not set')
      const unknown = await run(['report', '--queue'])
      expect(unknown).to.deep.include({ exitCode: 2 })
      expect(unknown.stderr).to.contain('Nothing was ever enqueued')
    })
  })
})

interface TestFleet {
  /** Scratch space; a worker's reports are in the directory of its name. */
  readonly directory: string
  run(args: readonly string[]): Promise<{
    exitCode: number | undefined
    stdout: string
    stderr: string
    document: FleetDocument
  }>
  worker(name: string, args: readonly string[]): ReturnType<typeof startProgram>
  status(): Promise<QueueStatus>
  /** Scratch directories of rehearsals that are there, with what is in them. */
  leftovers(): Promise<string[]>
  /** Of the queue's URL. */
  readonly password: string
}

let fleets = 0

/** Five tenants and a queue in a database of its own; scratch files have a directory of their own. */
async function withFleet(work: (fleet: TestFleet) => Promise<void>): Promise<void> {
  const server = await sharedServer()
  const name = `fleet_program_${(fleets += 1)}`
  await server.createDatabase(name)
  const connection = server.connection(name)
  await withTemporary(async (directory) => {
    const output = join(directory, 'report')
    const cwd = packageFile('fixtures/fleet')
    const env = {
      TMPDIR: directory,
      REHEARSAL_FLEET: join(directory, 'fleet.yaml'),
      REHEARSAL_QUEUE_URL: urlOf(connection),
      XDG_CACHE_HOME: join(directory, 'cache'),
      XDG_STATE_HOME: join(directory, 'state'),
    }
    const tenants = await makeTenants(directory)
    await writeFile(
      env.REHEARSAL_FLEET,
      [
        `defaults: { backup: '${tenants.plain}' }`,
        'databases:',
        '  - name: fresh',
        '  - name: twin',
        '  - name: third',
        `  - { name: sour, backup: '${tenants.violating}' }`,
        `  - { name: torn, backup: '${tenants.torn}' }`,
        'queue: { heartbeat: 10s }',
      ].join('\n'),
    )
    const program = (args: readonly string[]) => startProgram(['fleet', ...args], { cwd, env })
    await work({
      directory,
      run: async (args) => {
        const isReport = args[0] === 'report'
        const { exitCode, stdout, stderr } = await program(isReport ? [...args, '--output', output] : args)
        const text = isReport
          ? await readFile(join(output, 'fleet.json'), 'utf8').catch(() => 'null')
          : 'null'
        return { exitCode, stdout, stderr, document: JSON.parse(text) }
      },
      worker: (worker, args) => program(['worker', '--output', join(directory, worker), ...args]),
      status: async () => JSON.parse((await program(['status', '--json'])).stdout),
      leftovers: async () => await runsIn(directory),
      password: connection.password,
    })
  })
  await server.dropDatabase(name)
}

async function runsIn(directory: string): Promise<string[]> {
  const paths = await readdir(directory, { recursive: true })
  return paths.filter((path) => /\/runs\/r\w+(\/server-\w+)?$/.test(path))
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 100) {
    if (await condition()) return
    await sleep(100)
  }
  throw new Error('it did not come to that within a minute')
}
