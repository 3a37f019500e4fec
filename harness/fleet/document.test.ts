import { expect } from 'chai'
import { HarnessError } from '../errors.ts'
import { fleetResult as result } from '../testing/fleet.ts'
import { fleetDocument, fleetVerdict, notRun } from './document.ts'
import { parseFleetDocument } from './document-schema.ts'
import type { FleetResult } from './fleet.ts'
import { mergeDocuments } from './merge.ts'

const violation = {
  id: 'migration-failed',
  severity: 'error' as const,
  subject: '002',
  message: 'check constraint is violated',
  migration: '002',
}

describe('the document over a fleet', () => {
  const idle = notRun('a', 'interrupted', 'Interrupted.')
  const verdicts = [
    { of: ['passed', 'passed'], verdict: 'passed' },
    { of: ['passed', 'failed'], verdict: 'failed' },
    { of: ['passed', 'could-not-verify'], verdict: 'could-not-verify' },
    { of: ['could-not-verify', 'failed'], verdict: 'failed' },
  ] as const
  for (const { of, verdict } of verdicts) {
    it(`is ${verdict} over ${of.join(' and ')}`, () => {
      const results = of.map((each, index) => result(`db${index}`, { verdict: each }))
      expect(documentOf(results).verdict).to.equal(verdict)
    })
  }

  it('is never green over what was not rehearsed, has no result, or is another database’s', () => {
    expect(documentOf([result('b'), idle]).verdict).to.equal('could-not-verify')
    const document = documentOf([result('b')], ['a', 'b'])
    expect(document.verdict).to.equal('could-not-verify')
    expect(document.results.map(({ name, notRun }) => [name, notRun])).to.deep.equal([
      ['a', 'missing'],
      ['b', undefined],
    ])
    expect(fleetVerdict(['a', 'b'], [result('a'), result('c')])).to.equal('could-not-verify')
    expect(document.summary).to.equal('1 of 2 databases passed, 1 not rehearsed.')
  })

  it('says of a share without a database that nothing falls to it, which leaves nothing open', () => {
    const { verdict, summary } = {
      ...fleetDocument({ ...documentOf([]), databases: ['a', 'b'], shard: { index: 3, total: 3 } }),
    }
    expect(verdict).to.equal('passed')
    expect(summary).to.equal('None of 2 databases falls to this share of shard 3/3.')
  })

  it('groups what several databases have by finding and migration', () => {
    const results = Array.from({ length: 60 }, (_, index) =>
      result(`t${index}`, {
        findings:
          index % 20 === 3
            ? [violation, { ...violation, id: 'table-rewrite', severity: 'warning' as const }]
            : index === 7
              ? [{ ...violation, migration: '001' }]
              : [],
      }),
    )
    expect(
      documentOf(results).findings.map(({ id, migration, databases }) => [id, migration, databases]),
    ).to.deep.equal([
      ['migration-failed', '002', ['t3', 't23', 't43']],
      ['migration-failed', '001', ['t7']],
      ['table-rewrite', '002', ['t3', 't23', 't43']],
    ])
  })

  it('names the tenant in which a migration takes 40 times the median', () => {
    const results = Array.from({ length: 30 }, (_, index) =>
      result(`t${index}`, {
        migrations: [{ name: '001', durationMs: index === 17 ? 4_000 : 95 + (index % 10) }],
      }),
    )
    const [outlier, ...others] = documentOf(results).outliers
    expect(others).to.deep.equal([])
    expect(outlier).to.deep.include({ name: 't17', migration: '001', durationMs: 4_000, measured: 30 })
    expect(4_000 / (outlier?.medianMs ?? 0)).to.be.within(38, 42)
  })

  it('names nobody where times vary widely, are next to nothing, or are of few', () => {
    const among = (durations: readonly number[]) =>
      documentOf(
        durations.map((durationMs, index) =>
          result(`t${index}`, { migrations: [{ name: '001', durationMs }] }),
        ),
      ).outliers
    expect(among([100, 100, 100, 100, 100, 900])).to.have.length(1)
    expect(among([1, 40, 100, 4_000, 7_500, 9_000, 20_001]), 'vary').to.deep.equal([])
    expect(among([1, 1, 1, 1, 1, 90]), 'nothing').to.deep.equal([])
    expect(among([100, 100, 100, 900]), 'few').to.deep.equal([])
  })

  it('is read again as it was written, and not when it was made greener', () => {
    const document = documentOf([
      result('a'),
      result('b', { verdict: 'failed', problem: 'x' }),
      notRun('c', 'missing', ''),
    ])
    const text = JSON.stringify(document)
    expect(parseFleetDocument(text, 'fleet.json')).to.deep.equal(document)
    for (const damaged of [
      text.replace('"verdict":"failed"', '"verdict":"passed"'),
      text.slice(0, -5),
      text.replace('"kind":"fleet"', '"kind":"other"'),
      '{}',
    ]) {
      expect(() => parseFleetDocument(damaged, 'fleet.json'), damaged).to.throw(
        HarnessError,
        'fleet.json is no',
      )
    }
  })
})

describe('documents of shards', () => {
  const all = ['a', 'b', 'c', 'd']
  const shard = (names: string[], results: readonly FleetResult[], databases: readonly string[] = all) => ({
    directory: '/out/shard',
    document: { ...documentOf(results, names), databases, shard: { index: 1, total: 2 } },
  })

  it('come to one over the whole fleet, with the paths to reports of each', () => {
    const merged = mergeDocuments(
      [shard(['a', 'b'], [result('a'), result('b')]), shard(['c', 'd'], [result('c'), result('d')])],
      { directory: '/out/all' },
    )
    expect(merged.verdict).to.equal('passed')
    expect(merged.results.map(({ name }) => name)).to.deep.equal(all)
    expect(merged.results[0]?.reports.html).to.equal('../shard/a/rehearsal.html')
    expect(merged.shard).to.equal(null)
  })

  it('are not verified where one of them is missing, or the fleet file has a database more', () => {
    const one = shard(['a', 'b'], [result('a'), result('b')])
    const missing = (stored: Parameters<typeof mergeDocuments>[0], expected: readonly string[] = []) => {
      const { verdict, results } = mergeDocuments(stored, { directory: '/out', expected })
      expect(verdict).to.equal('could-not-verify')
      return results.filter(({ notRun }) => notRun === 'missing').map(({ name }) => name)
    }
    expect(missing([one])).to.deep.equal(['c', 'd'])
    const other = shard(['c', 'd'], [result('c'), result('d')], [...all, 'new'])
    expect(missing([one, other])).to.deep.equal(['new'])
    expect(missing([one, shard(['c', 'd'], [result('c'), result('d')])], ['z'])).to.deep.equal(['z'])
  })

  it('say which database has two results, of which the worst counts', () => {
    const again = result('a', { verdict: 'failed', where: 'other', rehearsal: 'r2' })
    const { results, repeats, verdict } = mergeDocuments(
      [shard(['a'], [result('a')], ['a']), shard(['a'], [again], ['a'])],
      {
        directory: '/out',
      },
    )
    expect(results.map((each) => [each.name, each.verdict])).to.deep.equal([['a', 'failed']])
    expect(repeats.map(({ name, results: each }) => [name, each.length])).to.deep.equal([['a', 2]])
    expect(verdict).to.equal('failed')
  })

  it('have one result twice, or one that another machine made up for, as one', () => {
    const same = shard(['a'], [result('a')], ['a'])
    const idle = shard(['a'], [notRun('a', 'interrupted', 'Interrupted.')], ['a'])
    const merged = mergeDocuments([idle, same, same], { directory: '/out' })
    expect(merged.repeats).to.deep.equal([])
    expect(merged.verdict).to.equal('passed')
  })
})

function documentOf(results: readonly FleetResult[], share = results.map(({ name }) => name)) {
  return fleetDocument({
    startedAt: '2026-11-23T02:00:00.000Z',
    durationMs: 60_000,
    databases: share,
    share,
    shard: null,
    outlierFactor: 5,
    results,
  })
}
