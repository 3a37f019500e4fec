import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { packageFile } from './docs.ts'
import type { FleetDocument } from './fleet/document.ts'
import { parseFleetDocument } from './fleet/document-schema.ts'
import type { Rehearsal } from './rehearsal.ts'
import { engineOrSkip, startProgram } from './testing/program.ts'
import { withTemporary } from './testing/temporary.ts'
import { makeTenants } from './testing/tenants.ts'

describe('a fleet', function () {
  this.timeout(300_000)

  before(async function () {
    await engineOrSkip('embedded', this)
  })

  it('has every database rehearsed once, each with its verdict, and the worst for its exit code', async () => {
    await withFleet(async ({ run, report, files, restoreOf }) => {
      const { exitCode, stdout, stderr, document } = await run(['--parallel', '2'])
      expect(exitCode, stderr).to.equal(1)
      const verdicts = document.results.map(({ name, verdict, exitCode }) => [name, verdict, exitCode])
      expect(verdicts).to.deep.equal([
        ['fresh', 'passed', 0],
        ['twin', 'passed', 0],
        ['sour', 'failed', 1],
        ['torn', 'could-not-verify', 2],
      ])
      expect(document.findings).to.have.length(2)
      expect(document.findings[0]).to.deep.include({
        id: 'migration-failed',
        migration: '002_order_size',
        databases: ['sour'],
      })
      expect(document.findings[1]).to.deep.include({ id: 'backup-truncated', databases: ['torn'] })
      expect(stderr.match(/^ *\d\/4 /gm), 'lines of progress').to.have.length(4)
      expect(stdout).to.contain('2 of 4 databases passed, 1 failed, 1 could not be verified')
      expect(await files()).to.include.members([
        'fleet.html',
        'fleet.json',
        'fleet.junit.xml',
        'fleet.md',
        ...['fresh', 'twin', 'sour', 'torn'].flatMap((name) =>
          ['rehearsal.html', 'rehearsal.json', 'junit.xml'].map((file) => `${name}/${file}`),
        ),
      ])
      // Whose backups are the same are restored once, also when they begin at the same time.
      const restores = await Promise.all(['fresh', 'twin'].map((name) => restoreOf(name)))
      expect(restores.filter((summary) => summary.startsWith('snapshot '))).to.have.length(1)
      const again = await report()
      expect(again.exitCode).to.equal(1)
      expect(again.document.results.map(({ verdict }) => verdict)).to.deep.equal(verdicts.map(([, it]) => it))
    })
  })

  it('is spared when a canary does not pass, which is not green', async () => {
    await withFleet(async ({ run }) => {
      const { exitCode, document } = await run([], { canary: 'torn' })
      expect(exitCode).to.equal(2)
      expect(document.results.map(({ name, notRun, attempts }) => [name, notRun, attempts])).to.deep.equal([
        ['fresh', 'canary-failed', 0],
        ['twin', 'canary-failed', 0],
        ['sour', 'canary-failed', 0],
        ['torn', undefined, 1],
      ])
    })
  })

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`leaves no rehearsal behind after ${signal}, and says what was not rehearsed`, async () => {
      await withFleet(async ({ start, stored, runs }) => {
        const program = start(['--parallel', '2'])
        while ((await runs()).filter((path) => path.includes('/server-')).length < 1) await sleep(50)
        program.kill(signal)
        const { exitCode } = await program
        if (signal === 'SIGINT') expect(exitCode).to.equal(130)
        // The rehearsals of a killed fleet see that it is gone, and remove what is theirs.
        const of = signal === 'SIGINT' ? () => true : (path: string) => path.includes('/server-')
        for (let waitedMs = 0; waitedMs < 60_000 && (await runs()).some(of); waitedMs += 100) await sleep(100)
        expect((await runs()).filter(of)).to.deep.equal([])
        const { verdict, results } = await stored()
        expect(verdict).to.equal('could-not-verify')
        expect(results.filter((it) => it.verdict === 'passed')).to.deep.equal([])
        expect(results.filter(({ notRun }) => notRun === 'interrupted')).to.have.length(
          signal === 'SIGINT' ? 2 : 4,
        )
      })
    })
  }

  it('has a result for a database whose rehearsal is killed, and removes what that left', async () => {
    await withFleet(async ({ run, runs, files }) => {
      // The migrations' command is a child of the rehearsal.
      const config =
        '{ "engine": "embedded", "specs": "../broken/shop.spec.ts", "migrate": { "command": "kill -9 $PPID" } }'
      const { exitCode, document } = await run(['--only', 'fresh'], { config })
      expect(exitCode).to.equal(2)
      const [result] = document.results
      expect(result).to.deep.include({ verdict: 'could-not-verify', rehearsal: null, exitCode: null })
      expect(result?.summary).to.equal('Its process was ended by SIGKILL.')
      expect(await files()).not.to.include('fresh/rehearsal.json')
      expect(await runs()).to.deep.equal([])
    })
  })

  it('has a result for a database whose rehearsal hangs, or ends without a report', async () => {
    await withFleet(async ({ run, runs }) => {
      const { exitCode, document } = await run(['--only', 'fresh'], { timeout: '1500ms' })
      expect(exitCode).to.equal(2)
      const [result] = document.results
      expect(result?.verdict).to.equal('could-not-verify')
      expect(result?.problem).to.contain('took longer than 1.5 s')
      expect(await runs()).to.deep.equal([])
      const broken = await run(['--only', 'fresh'], { config: '{ "specs": 3 }' })
      expect(broken.exitCode).to.equal(2)
      expect(broken.document.results[0]?.problem).to.contain('it left no report')
      expect(broken.document.results[0]?.problem).to.contain('`specs`')
    })
  })
})

interface Variant {
  readonly canary?: string
  readonly timeout?: string
  /** The config file that lies beneath. */
  readonly config?: string
}

interface Done {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly document: FleetDocument
}

interface TestFleet {
  start(args: readonly string[]): ReturnType<typeof startProgram>
  run(args: readonly string[], variant?: Variant): Promise<Done>
  /** Merges what the last run wrote. */
  report(): Promise<Done>
  stored(): Promise<FleetDocument>
  files(): Promise<string[]>
  /** What the stage `restore` says of itself in the database's report. */
  restoreOf(name: string): Promise<string>
  /** Scratch directories that are there, with what is in them. */
  runs(): Promise<string[]>
}

/** A fleet of four tenants, whose rehearsals have their scratch files in a directory of their own. */
async function withFleet(work: (fleet: TestFleet) => Promise<void>): Promise<void> {
  await withTemporary(async (directory) => {
    const output = join(directory, 'reports')
    const cwd = packageFile('fixtures/fleet')
    const env = {
      TMPDIR: directory,
      REHEARSAL_FLEET: join(directory, 'fleet.yaml'),
      REHEARSAL_SNAPSHOTS: 'auto',
      XDG_CACHE_HOME: join(directory, 'cache'),
      XDG_STATE_HOME: join(directory, 'state'),
    }
    const tenants = await makeTenants(directory)
    const write = async ({ canary, timeout = '4m' }: Variant = {}) =>
      await writeFile(
        env.REHEARSAL_FLEET,
        [
          `defaults: { backup: '${tenants.plain}' }`,
          'databases:',
          '  - name: fresh',
          '  - name: twin',
          `  - { name: sour, backup: '${tenants.violating}' }`,
          `  - { name: torn, backup: '${tenants.torn}' }`,
          `timeout: ${timeout}`,
          ...(canary === undefined ? [] : [`canary: [${canary}]`]),
        ].join('\n'),
      )
    await write()
    const stored = async () =>
      parseFleetDocument(await readFile(join(output, 'fleet.json'), 'utf8'), 'fleet.json')
    const start = (args: readonly string[], more: Record<string, string> = {}) =>
      startProgram(['fleet', 'run', '--output', output, ...args], { cwd, env: { ...env, ...more } })
    await work({
      start,
      stored,
      run: async (args, variant = {}) => {
        await write(variant)
        const config = join(directory, 'config.json')
        if (variant.config !== undefined) await writeFile(config, variant.config)
        const result = await start(args, variant.config === undefined ? {} : { REHEARSAL_CONFIG: config })
        const { exitCode, stdout, stderr } = result
        return { exitCode, stdout, stderr, document: await stored() }
      },
      report: async () => {
        const { exitCode, stdout, stderr } = await startProgram(
          ['fleet', 'report', output, '--output', output, '--fleet', env.REHEARSAL_FLEET],
          { cwd, env },
        )
        return { exitCode, stdout, stderr, document: await stored() }
      },
      restoreOf: async (name) => {
        const text = await readFile(join(output, name, 'rehearsal.json'), 'utf8')
        const { stages } = JSON.parse(text) as Rehearsal
        return stages.find((stage) => stage.name === 'restore')?.summary ?? ''
      },
      files: async () => await readdir(output, { recursive: true }),
      runs: async () =>
        (await readdir(directory, { recursive: true })).filter((path) =>
          /\/runs\/r\w+(\/server-\w+)?$/.test(path),
        ),
    })
  })
}
