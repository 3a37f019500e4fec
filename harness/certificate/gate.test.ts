import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Rehearsal } from '../rehearsal.ts'
import { reports } from '../reports/index.ts'
import { packageFile } from '../docs.ts'
import { contentOf, countersign, envelopeText, parseEnvelope, seal, type Envelope } from './envelope.ts'
import { refusals, type GateFacts, type GatePolicy } from './gate.ts'
import { certificateOf, parseCertificate } from './statement.ts'

const sources = [
  { path: 'migrations/a.ts', sha256: 'a'.repeat(64) },
  { path: 'migrations/b.ts', sha256: 'b'.repeat(64) },
]
const waivers = [{ id: 'table-rewrite', subject: null, reason: 'at night', expires: '2030-06-30' }]
const passed: Rehearsal = {
  ...JSON.parse(readFileSync(packageFile('fixtures/reports/passed.json'), 'utf8')),
  migrationSources: sources,
  waivers,
}
const job = generateKeyPairSync('ed25519')
const lead = generateKeyPairSync('ed25519')
const policy: GatePolicy = {
  keys: { rehearsal: job.publicKey, lead: lead.publicKey },
  approvals: ['lead'],
  maxAgeMs: undefined,
  questions: ['locks'],
}
const at = new Date(Date.parse(passed.startedAt) + 60 * 60_000)

function certificate() {
  const found = certificateOf(passed, reports.json.render(passed))
  if (found === undefined) throw new Error('no certificate')
  return found
}

const sealed = () => countersign(seal(JSON.stringify(certificate()), job.privateKey), lead.privateKey)

function judge(
  envelope: Envelope,
  facts: Partial<GateFacts> = {},
  rules: Partial<GatePolicy> = {},
): string[] {
  const read = parseCertificate(contentOf(envelope), 'c.json')
  const given = { envelope, certificate: read, sources, pending: undefined, now: at, ...facts }
  return refusals(given, { ...policy, ...rules })
}

describe('the gate', () => {
  it('opens for exactly what was rehearsed and approved', () => {
    expect(judge(sealed())).to.deep.equal([])
    expect(judge(sealed(), { pending: passed.pending ?? [] }, { maxAgeMs: 1e15 })).to.deep.equal([])
  })

  it('names the tables of which a sample was compared', () => {
    const sampled = {
      id: 'rows-sampled',
      severity: 'notice',
      subject: 'public.listings',
      message: 'sampled',
    } as const
    const found = certificateOf({ ...passed, findings: [...passed.findings, sampled] }, '{}')
    expect(found?.predicate.sampled).to.deep.equal(['public.listings'])
    expect(certificate().predicate.sampled).to.deep.equal([])
  })

  const cases: [string, () => string[], RegExp][] = [
    [
      'without an approval',
      () => judge(seal(JSON.stringify(certificate()), job.privateKey)),
      /^lead has not approved/,
    ],
    [
      'of a key that nobody trusts',
      () => judge(seal(JSON.stringify(certificate()), lead.privateKey), {}, { keys: {} }),
      /no key that is trusted/,
    ],
    [
      'signed by the approver alone',
      () => judge(seal(JSON.stringify(certificate()), lead.privateKey)),
      /not signed by the key that rehearsals/,
    ],
    [
      'with another migration',
      () => judge(sealed(), { sources: [...sources, { path: 'c.ts', sha256: 'c' }] }),
      /^c\.ts was not there/,
    ],
    ['without one', () => judge(sealed(), { sources: sources.slice(1) }), /a\.ts was rehearsed and is gone/],
    [
      'with a changed one',
      () => judge(sealed(), { sources: sources.map((it) => ({ ...it, sha256: 'c' })) }),
      /a\.ts is not what was rehearsed/,
    ],
    ['for other pending ones', () => judge(sealed(), { pending: ['b'] }), /^About to run: b\. Rehearsed: /],
    [
      'of an old backup',
      () => judge(sealed(), { now: new Date('2035-01-01') }, { maxAgeMs: 1 }),
      /hours old; it may be/,
    ],
    ['of the future', () => judge(sealed(), { now: new Date('2001-01-01') }), /in the future/],
    [
      'on an expired waiver',
      () => judge(sealed(), { now: new Date('2035-01-01') }),
      /waiver for table-rewrite that expired/,
    ],
    [
      'without a question that must be asked',
      () => judge(sealed(), {}, { questions: ['staircase'] }),
      /did not ask staircase/,
    ],
  ]
  for (const [title, refused, reason] of cases) {
    it(`refuses a certificate ${title}`, () => {
      expect(refused().join('\n')).to.match(reason)
    })
  }

  it('refuses one of which any byte was changed', () => {
    const text = envelopeText(sealed())
    for (let index = 0; index < text.length; index += 1) {
      const other = text[index] === 'A' ? 'B' : 'A'
      const changed = text.slice(0, index) + other + text.slice(index + 1)
      expect(isOpen(changed), `byte ${index}`).to.equal(false)
      expect(isOpen(text.slice(0, index) + text.slice(index + 1)), `without byte ${index}`).to.equal(false)
    }
    expect(isOpen(text)).to.equal(true)
  })

  it('has nothing to open for a rehearsal that did not pass', () => {
    for (const name of ['failed', 'unverified']) {
      const rehearsal = JSON.parse(
        readFileSync(packageFile(`fixtures/reports/${name}.json`), 'utf8'),
      ) as Rehearsal
      expect(certificateOf(rehearsal, '')).to.equal(undefined)
    }
  })
})

function isOpen(text: string): boolean {
  try {
    return judge(parseEnvelope(text, 'c.json')).length === 0
  } catch {
    return false
  }
}
