import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseSamples } from '../deployment/samples.ts'
import { withClient } from '../postgres/client.ts'
import { urlOf } from '../postgres/url.ts'
import { startProgram } from '../testing/program.ts'
import { sharedServer } from '../testing/server.ts'
import { withTemporary } from '../testing/temporary.ts'

describe('rehearse sample-traffic', function () {
  this.timeout(30_000)
  const role = { user: 'sampler', password: "p@ss:/'word%" }
  let url = ''

  before(async () => {
    const server = await sharedServer()
    await server.createDatabase('sampled')
    await withClient(server.connection('sampled'), (client) =>
      client.query(`create role sampler login password 'p@ss:/''word%'`),
    )
    url = urlOf({ ...server.connection('sampled'), ...role })
  })

  after(async () => {
    const server = await sharedServer()
    await server.dropDatabase('sampled')
    await withClient(server.connection('postgres'), (client) => client.query('drop role sampler'))
  })

  it('adds what the server counts, by a role that may only connect, and leaves no session', async () => {
    await withTemporary(async (directory) => {
      const output = join(directory, 'deep', 'traffic.jsonl')
      const args = ['sample-traffic', '--every', '1s', '--count', '2', '--output', output]
      const first = await startProgram(args, { cwd: directory, env: { PRODUCTION_DATABASE_URL: url } })
      expect(first.exitCode, first.stderr).to.equal(0)
      const connection = (await sharedServer()).connection('sampled')
      for (let times = 0; times < 50; times += 1)
        await withClient(connection, (client) => client.query('select 1'))
      const env = { OTHER_URL: url }
      const second = await startProgram([...args, '--url-variable', 'OTHER_URL'], { cwd: directory, env })
      expect(second.stderr).to.contain('2 samples added').and.not.contain(role.password)
      const samples = parseSamples(await readFile(output, 'utf8'))
      expect(samples.map(({ database }) => database)).to.deep.equal([
        'sampled',
        'sampled',
        'sampled',
        'sampled',
      ])
      const [, before, , last] = samples
      expect((last?.transactions ?? 0) - (before?.transactions ?? 0)).to.be.at.least(50)
      const times = samples.map(({ at }) => Date.parse(at))
      expect(times).to.deep.equal(times.toSorted((a, b) => a - b))
      const left = await withClient(connection, (client) =>
        client.query(`select from pg_stat_activity where usename = 'sampler'`),
      )
      expect(left.rowCount).to.equal(0)
    })
  })

  it('ends with 2, a hint and no secret when it cannot look, and touches no other file', async () => {
    await withTemporary(async (directory) => {
      const other = join(directory, 'notes.txt')
      await writeFile(other, 'notes\n')
      const wrong = url.replace(/:[^:@]+@/, ':let-me-in@').replace('sampler', 'nobody')
      for (const [env, output, words] of [
        [{ PRODUCTION_DATABASE_URL: '' }, 'a.jsonl', 'PRODUCTION_DATABASE_URL holds no postgres URL'],
        [
          { PRODUCTION_DATABASE_URL: 'postgresql://x:let-me-in@127.0.0.1:9/y' },
          'b.jsonl',
          'could not be looked at',
        ],
        [{ PRODUCTION_DATABASE_URL: wrong }, 'c.jsonl', 'nobody'],
        [{ PRODUCTION_DATABASE_URL: url }, 'notes.txt', 'cannot be added to'],
      ] as const) {
        const args = ['sample-traffic', '--output', output]
        const result = await startProgram(args, { cwd: directory, env })
        expect(result.exitCode, result.stderr).to.equal(2)
        expect(result.stderr).to.contain(words).and.not.contain('let-me-in')
        expect(result.stderr).not.to.contain('    at ')
      }
      expect(await readFile(other, 'utf8')).to.equal('notes\n')
    })
  })

  it('is ended by a signal between two samples, and keeps what it has', async () => {
    await withTemporary(async (directory) => {
      const output = join(directory, 'traffic.jsonl')
      const child = startProgram(['sample-traffic', '--every', '1h', '--output', output], {
        cwd: directory,
        env: { PRODUCTION_DATABASE_URL: url },
      })
      while (!(await readFile(output, 'utf8').catch(() => '')).endsWith('\n')) {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      child.kill('SIGINT')
      const result = await child
      expect(result.exitCode).to.equal(130)
      expect(result.stderr).to.contain('1 sample added')
      expect(parseSamples(await readFile(output, 'utf8'))).to.have.length(1)
    })
  })
})
