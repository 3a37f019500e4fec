import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { packageFile } from './docs.ts'
import { rehearsalJsonSchema } from './reports/schema.ts'
import type { Rehearsal } from './rehearsal.ts'
import { engineOrSkip, runProgram, startProgram } from './testing/program.ts'
import { withTemporary } from './testing/temporary.ts'

const isValid = new Ajv2020({ formats: { 'date-time': true, date: true } }).compile(rehearsalJsonSchema())

interface Expected {
  readonly verdict: string
  readonly exitCode: number
  readonly finding: string
  readonly subject: string
}

for (const engine of ['embedded', 'docker'] as const) {
  describe(`rehearse run, ${engine} engine`, function () {
    this.timeout(240_000)

    before(async function () {
      await engineOrSkip(engine, this)
    })

    it('passes the worked example', async () => {
      // Everything is asked once; the engines differ in none of it.
      const all = engine === 'embedded'
      const args = ['--engine', engine, ...(all ? ['--ask', 'all'] : [])]
      const result = await runProgram(args, { cwd: packageFile('.') })
      expect(result.exitCode, result.stderr + result.stdout).to.equal(0)
      expect(result.rehearsal?.verdict).to.equal('passed')
      expect(isValid(result.rehearsal), JSON.stringify(isValid.errors)).to.equal(true)
      expect(result.rehearsal?.engine?.name).to.equal(engine)
      expect(result.rehearsal?.specs.map(({ phase, failed }) => ({ phase, failed }))).to.deep.equal([
        { phase: 'migrated', failed: 0 },
        { phase: 'rolled-back', failed: 0 },
        ...(all ? [{ phase: 'old-release', failed: 0 }] : []),
      ])
      expectOneAxis(result.rehearsal)
      const verdicts = result.rehearsal?.staircase?.map(({ verdict }) => verdict)
      expect(verdicts).to.deep.equal(all ? Array.from({ length: 7 }, () => 'faithful') : undefined)
    })

    for (const name of sets('fixtures/broken')) {
      const expected: Expected = JSON.parse(
        readFileSync(packageFile(`fixtures/broken/${name}/expected.json`), 'utf8'),
      )
      it(`says ${expected.finding} of the broken set ${name}`, async () => {
        const result = await runProgram(['--engine', engine], { cwd: packageFile(`fixtures/broken/${name}`) })
        const { rehearsal } = result
        expect(isValid(rehearsal), JSON.stringify(isValid.errors)).to.equal(true)
        const culprits = rehearsal?.findings.filter((finding) => finding.id === expected.finding) ?? []
        expect(culprits.map((finding) => finding.subject).join('\n'), result.stdout).to.contain(
          expected.subject,
        )
        expect(rehearsal?.verdict, result.stdout).to.equal(expected.verdict)
        expect(result.exitCode).to.equal(expected.exitCode)
        expect(result.stdout).to.contain(expected.finding)
      })
    }

    for (const name of sets('fixtures/handovers')) {
      it(`takes migrations handed over as ${name}`, async () => {
        const result = await runProgram(['--engine', engine], {
          cwd: packageFile(`fixtures/handovers/${name}`),
        })
        expect(result.exitCode, result.stdout).to.equal(0)
        expect(result.rehearsal?.pending).to.have.length.above(0)
      })
    }
  })
}

describe('rehearse', () => {
  it('says how to use it and each command', async () => {
    const help = await startProgram(['--help'], { cwd: packageFile('.') })
    expect(help.exitCode).to.equal(0)
    expect(help.stdout).to.contain('run').and.contain('clean').and.contain('Exit codes')
    const run = await startProgram(['run', '--help'], { cwd: packageFile('.') })
    for (const flag of [
      '--backup',
      '--engine',
      '--migrations',
      '--specs',
      '--report',
      '--keep',
      '--config',
      '--postgres',
    ]) {
      expect(run.stdout).to.contain(flag)
    }
  })

  it('ends with 2 when it does not understand', async () => {
    const result = await startProgram(['run', '--enigne', 'docker'], { cwd: packageFile('.') })
    expect(result.exitCode).to.equal(2)
    expect(result.stderr).to.contain('--enigne')
  })

  it('lists every problem of a plan before anything is started', async () => {
    const result = await runProgram(
      ['--engine', 'embedded', '--backup', 'no.dump', '--migrations', 'nowhere', '--specs', 'none/*.ts'],
      { cwd: packageFile('fixtures') },
    )
    expect(result.exitCode).to.equal(2)
    expect(result.rehearsal?.verdict).to.equal('could-not-verify')
    expect(result.rehearsal?.stages[0]).to.include({ name: 'preflight', status: 'halted' })
    expect(result.rehearsal?.stages.slice(1).every((stage) => stage.status === 'skipped')).to.equal(true)
    for (const part of ['no.dump', 'nowhere', 'none/*.ts']) expect(result.stdout).to.contain(part)
  })
})

describe('rehearse report', () => {
  const saved = (name: string) => packageFile(`fixtures/reports/${name}.json`)

  it('renders every format of a saved rehearsal, without its verdict as exit code', async () => {
    for (const format of ['github', 'gitlab', 'html', 'junit', 'markdown', 'sarif', 'terminal']) {
      const result = await startProgram(['report', saved('failed'), '--format', format], {
        cwd: packageFile('.'),
      })
      expect(result.exitCode, result.stderr).to.equal(0)
      expect(result.stdout, format).to.contain('002_summaries')
    }
  })

  it('writes to a file', async () => {
    await withTemporary(async (directory) => {
      const path = join(directory, 'deep', 'report.html')
      const result = await startProgram(['report', saved('passed'), '--format', 'html', '--output', path], {
        cwd: packageFile('.'),
      })
      expect(result.exitCode, result.stderr).to.equal(0)
      const golden = readFileSync(packageFile('fixtures/reports/passed/html.html'), 'utf8')
      expect(readFileSync(path, 'utf8')).to.equal(golden)
    })
  })

  it('ends with 2 and a hint for what is no saved rehearsal or no format', async () => {
    for (const [file, format, words] of [
      ['no.json', 'html', 'cannot be read'],
      [packageFile('package.json'), 'html', 'not a whole rehearsal'],
      [packageFile('README.md'), 'html', 'is not JSON'],
      [saved('passed'), 'pdf', 'Allowed choices'],
    ] as const) {
      const result = await startProgram(['report', file, '--format', format], { cwd: packageFile('.') })
      expect(result.exitCode).to.equal(2)
      expect(result.stderr).to.contain(words)
      expect(result.stderr).not.to.contain('    at ')
    }
  })
})

/** Migrations within their stages and statements within their migrations, by one clock of three processes. */
function expectOneAxis(rehearsal: Rehearsal | undefined): void {
  const { stages = [], migrations = [], statements = [], durationMs = 0 } = rehearsal ?? {}
  const within = (inner: Span, outer: Span | undefined, what: string) => {
    const [from, to] = [outer?.startedMs ?? Infinity, (outer?.startedMs ?? 0) + (outer?.durationMs ?? 0)]
    expect(inner.startedMs, what).to.be.within(from - slackMs, to + slackMs)
    expect((inner.startedMs ?? 0) + inner.durationMs, what).to.be.within(from - slackMs, to + slackMs)
  }
  for (const stage of stages) within(stage, { startedMs: 0, durationMs }, stage.name)
  for (const run of migrations) {
    const stage = run.direction === 'up' ? 'migrate' : 'rollback'
    const outer = stages.find(({ name }) => name === stage)
    within(run, outer, run.name)
  }
  const exact = statements.filter(({ timing }) => timing === 'exact')
  expect(exact).to.have.length.above(0)
  for (const statement of exact) {
    const { migration, direction } = statement
    const run = migrations.find((it) => it.name === migration && it.direction === direction)
    within(statement, run, statement.text)
  }
}

interface Span {
  readonly startedMs?: number
  readonly durationMs: number
}

/** Durations are whole milliseconds, and two processes read the clock. */
const slackMs = 3

function sets(path: string): string[] {
  return readdirSync(packageFile(path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
}
