import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { startProgram } from '../testing/program.ts'
import { withTemporary } from '../testing/temporary.ts'
import { connections } from './connections.ts'
import { examine, type Examination } from './doctor.ts'
import { probes } from './index.ts'

describe('rehearse doctor', function () {
  this.timeout(60_000)

  it('has probes with names of their own', () => {
    const names = probes.map(({ name }) => name)
    expect(new Set(names).size).to.equal(names.length)
    for (const { description } of probes) expect(description).to.match(/^\S.*\S$/)
  })

  it('says what is wrong in a project, what to do, and no secret', async () => {
    await withTemporary(async (cwd) => {
      const url = 'postgresql://app:hunter2-hunter2@127.0.0.1:5499/shop'
      const staging = 'postgresql://app:hunter2-hunter2@localhost:5499/other'
      await writeFile(
        join(cwd, '.env'),
        `PRODUCTION_DATABASE_URL=${url}\nSTAGING_DATABASE_URL=${staging}\nDEVELOPMENT_DATABASE_URL=mysql://x\n`,
      )
      await chmod(join(cwd, '.env'), 0o644)
      await writeFile(join(cwd, 'b.dump'), 'PGDMP nonsense')
      await execa('git', ['init', '-q'], { cwd })
      await execa('git', ['add', '-f', '.env'], { cwd })
      const { exitCode, stdout, stderr } = await startProgram(
        ['doctor', '--json', '--backup', 'b.dump', '--engine', 'embedded'],
        { cwd },
      )
      expect(stderr).to.equal('')
      expect(exitCode).to.equal(1)
      expect(stdout).not.to.match(/hunter2/)
      const { healthy, probes: seen } = JSON.parse(String(stdout)) as {
        healthy: boolean
        probes: Examination[]
      }
      expect(healthy).to.equal(false)
      const problems = seen.flatMap(({ probe, observations }) =>
        observations.flatMap(({ status, text }) => (status === 'ok' ? [] : [`${probe}: ${text}`])),
      )
      const expected = [
        /^backup: Archive version/,
        /^project: no migrations at migrations$/,
        /^project: no smoke spec matches/,
        /^\.env: \.env can be read by others \(mode 644\)$/,
        /^\.env: \.env is in git/,
        /^environment: STAGING_DATABASE_URL and PRODUCTION_DATABASE_URL point at the same server$/,
        /^environment: DEVELOPMENT_DATABASE_URL is not a postgres URL$/,
      ]
      for (const pattern of expected)
        expect(
          problems.some((it) => pattern.test(it)),
          `${pattern} in\n${problems.join('\n')}`,
        ).to.equal(true)
    })
  })

  it('finds nothing wrong where nothing is, and says what a plan lacks', async () => {
    await withTemporary(async (cwd) => {
      await writeFile(
        join(cwd, 'b.sql'),
        '--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE t (a text);\n\n--\n-- PostgreSQL database dump complete\n--\n',
      )
      await mkdir(join(cwd, 'migrations'))
      await mkdir(join(cwd, 'specs'))
      await writeFile(join(cwd, 'specs/a.spec.ts'), '')
      const input = { cwd, configFile: undefined, environment: {} }
      const good = await examine({ ...input, flags: { backup: 'b.sql', engine: 'embedded' } })
      expect(
        good.flatMap(({ observations }) => observations.filter(({ status }) => status === 'problem')),
      ).to.deep.equal([])
      const bad = await examine({ ...input, flags: {} })
      const configuration = bad.find(({ probe }) => probe === 'configuration')
      expect(configuration?.observations[0]?.text).to.include('no backup is given')
    })
  })

  it('calls it a problem when the server to rehearse on is production', async () => {
    const environment = {
      REHEARSAL_SERVER_URL: 'postgres://a@db/x',
      PRODUCTION_DATABASE_URL: 'postgres://b@DB:5432/y',
    }
    const rest = {
      cwd: '',
      plan: undefined,
      planProblem: undefined,
      backup: undefined,
      backupProblem: undefined,
    }
    const seen = await connections.run({ ...rest, environment })
    expect(seen.map(({ status }) => status)).to.deep.equal(['ok', 'problem'])
  })
})
