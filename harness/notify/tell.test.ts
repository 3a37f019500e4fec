import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import type { NotifyPlan } from '../plan.ts'
import type { Rehearsal, Verdict } from '../rehearsal.ts'
import { startProgram } from '../testing/program.ts'
import { withTemporary } from '../testing/temporary.ts'
import { tell } from './tell.ts'

const read = (name: string) =>
  JSON.parse(readFileSync(packageFile(`fixtures/reports/${name}.json`), 'utf8')) as Rehearsal

describe('telling a chat', () => {
  const after = (rehearsal: Rehearsal, ...before: Verdict[]): Rehearsal => ({
    ...rehearsal,
    trends: { startedAt: [], series: [], verdicts: [...before, rehearsal.verdict] },
  })
  const passed = read('passed')
  const cases: [string, Rehearsal, Partial<NotifyPlan>, RegExp | undefined][] = [
    ['a first one that passed', { ...passed, trends: null }, {}, undefined],
    ['one that passed as the one before', after(passed, 'failed', 'passed'), {}, undefined],
    ['one that passes again', after(passed, 'failed'), {}, /rehearsal: passed \(before: failed\)/],
    ['one that passes again, of failures alone', after(passed, 'failed'), { on: 'failure' }, undefined],
    ['any', after(passed, 'passed'), { on: 'always' }, /rehearsal: passed\*/],
    [
      'one that failed, for Teams',
      read('failed'),
      { format: 'teams' },
      /"type":"AdaptiveCard".*https:\/\/ci\.example\/7/,
    ],
  ]
  for (const [title, rehearsal, plan, expected] of cases) {
    it(`${expected === undefined ? 'does not tell of' : 'tells of'} ${title}`, async () => {
      await withChat(200, async (url, bodies) => {
        const problem = await tell(
          { url, format: 'slack', on: 'change', link: 'https://ci.example/7', ...plan },
          rehearsal,
        )
        expect(problem).to.equal(undefined)
        expect(bodies).to.have.length(expected === undefined ? 0 : 1)
        if (expected !== undefined) expect(bodies[0]).to.match(expected)
      })
    })
  }
})

describe('a chat told by the program', function () {
  this.timeout(60_000)
  const run = (cwd: string, url: string) =>
    startProgram(['run', '--backup', 'production.dump', '--report', 'json=-'], {
      cwd,
      env: { REHEARSAL_WEBHOOK_URL: url, REHEARSAL_REPORT_URL: 'https://ci.example/8' },
    })

  it('learns what could not be verified, and the verdict is the same when it does not answer well', async () => {
    await withTemporary(async (cwd) => {
      for (const status of [200, 404]) {
        await withChat(status, async (url, bodies) => {
          const { exitCode, stdout, stderr } = await run(cwd, url)
          expect(exitCode, stderr).to.equal(2)
          expect(bodies).to.have.length(1)
          expect(bodies[0]).to.contain('could not verify').and.contain('<https://ci.example/8|Report>')
          expect(stdout + stderr).not.to.contain('hook/sesame')
          const notTold = /^ {2}not told: (.*)$/m.exec(stderr)?.[1]
          expect(notTold).to.equal(status === 200 ? undefined : 'it answered 404')
        })
      }
    })
  })

  it('has to have a URL, which is not repeated', async () => {
    await withTemporary(async (cwd) => {
      const { exitCode, stdout, stderr } = await run(cwd, 'hooks.example/sesame')
      expect(exitCode).to.equal(2)
      expect(stderr).to.contain('REHEARSAL_WEBHOOK_URL is not an http(s) URL')
      expect(stdout + stderr).not.to.contain('sesame')
    })
  })
})

async function withChat(
  status: number,
  work: (url: string, bodies: string[]) => Promise<void>,
): Promise<void> {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push(await text(request))
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/sesame`, bodies)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}
