import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import type { Rehearsal, Verdict } from '../rehearsal.ts'
import { webhookFormats } from './index.ts'
import { isTold, messageOf } from './message.ts'
import { post } from './post.ts'

const failed = JSON.parse(readFileSync(packageFile('fixtures/reports/failed.json'), 'utf8')) as Rehearsal

describe('a webhook', () => {
  const told: [Verdict, Verdict | undefined, boolean][] = [
    ['passed', undefined, false],
    ['passed', 'passed', false],
    ['passed', 'failed', true],
    ['failed', 'failed', true],
    ['could-not-verify', undefined, true],
  ]
  for (const [verdict, previous, expected] of told) {
    it(`${expected ? 'tells' : 'does not tell'} of ${verdict} after ${previous ?? 'nothing'}`, () => {
      expect(isTold('change', verdict, previous)).to.equal(expected)
      expect(isTold('failure', verdict, previous)).to.equal(verdict !== 'passed')
      expect(isTold('always', verdict, previous)).to.equal(true)
    })
  }

  it('says the verdict, what changed, and the worst findings by name', () => {
    const message = messageOf(failed, 'passed', 'https://ci.example/1')
    expect(message.title).to.equal('Migration rehearsal: failed (before: passed)')
    expect(message.lines[0]).to.match(/^[a-z-]+: /)
    const slack = JSON.stringify(webhookFormats.slack.body(message))
    expect(slack)
      .to.include('*Migration rehearsal: failed (before: passed)*')
      .and.include('<https://ci.example/1|Report>')
    const teams = JSON.stringify(webhookFormats.teams.body(message))
    expect(teams).to.include('"color":"attention"').and.include('"url":"https://ci.example/1"')
  })

  it('makes no markup or mention of names', () => {
    const hostile = { ...failed, summary: '<!channel> *bold* [x](http://y)' }
    expect(
      JSON.stringify(webhookFormats.slack.body(messageOf(hostile, undefined, undefined))),
    ).to.not.include('<!channel>')
    expect(
      JSON.stringify(webhookFormats.teams.body(messageOf(hostile, undefined, undefined))),
    ).to.not.include(' [x]')
  })

  it('is tried again until it is taken', async () => {
    const answers = [503, 429, 200]
    const bodies: string[] = []
    await withServer(
      async (request, response) => {
        bodies.push(await text(request))
        response.writeHead(answers[bodies.length - 1] ?? 500, { 'retry-after': '0' }).end()
      },
      async (url) => expect(await post(url, { a: 1 }, { waitsMs: [5, 5, 5] })).to.equal(undefined),
    )
    expect(bodies).to.deep.equal(['{"a":1}', '{"a":1}', '{"a":1}'])
  })

  it('is given up with a reason that does not hold its address', async () => {
    await withServer(
      (_, response) => void response.writeHead(404).end(),
      async (url) => expect(await post(url, {}, { waitsMs: [5] })).to.equal('it answered 404'),
    )
    await withServer(
      () => {},
      async (url) =>
        expect(await post(url, {}, { waitsMs: [], timeoutMs: 50 })).to.equal('no answer within 0.05 s'),
    )
    expect(await post('http://127.0.0.1:9/secret', {}, { waitsMs: [5] }))
      .to.be.a('string')
      .and.not.include('secret')
    expect(await post('no url', {}, { waitsMs: [5] }))
      .to.be.a('string')
      .and.not.include('no url')
  })
})

async function withServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  work: (url: string) => Promise<unknown>,
): Promise<void> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}
