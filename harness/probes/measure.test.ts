import { expect } from 'chai'
import { chooseTables } from './choice.ts'
import type { Timeline } from './culprit.ts'
import { judgeProbes } from './judge.ts'
import { measure } from './measure.ts'
import type { Recording, RecordedSeries } from './protocol.ts'

const startedAt = 1_000_000

/** Pairs of offset and latency. */
function series(kind: 'reads' | 'writes', samples: readonly (readonly [number, number])[]): RecordedSeries {
  return {
    table: 'public.t',
    kind,
    samples: {
      startedAt: Float64Array.from(samples, ([at]) => startedAt + at),
      latencyMs: Float64Array.from(samples, ([, latencyMs]) => latencyMs),
    },
    errors: [],
  }
}

const quiet = [0, 25, 50, 75].map((at) => [at, 1] as const)

const timeline: Timeline = {
  runs: [{ direction: 'up', from: startedAt + 100, until: startedAt + 1_000, heldMs: null }],
  windows: [
    { migration: '001', direction: 'up', from: startedAt + 100, until: startedAt + 200 },
    { migration: '002', direction: 'up', from: startedAt + 200, until: startedAt + 1_000 },
  ],
  statements: [
    {
      text: 'alter table t add a int',
      from: startedAt + 110,
      until: startedAt + 112,
      heldUntil: startedAt + 1_000,
    },
    {
      text: 'update u set b = 1',
      from: startedAt + 112,
      until: startedAt + 1_000,
      heldUntil: startedAt + 1_000,
    },
  ],
  locks: [
    {
      migration: '001',
      direction: 'up',
      text: 'alter table t add a int',
      locks: [{ relation: 'public.t', mode: 'ACCESS EXCLUSIVE', heldMs: 890 }],
    },
  ],
}

function measured(reads: readonly (readonly [number, number])[], recording: Partial<Recording> = {}) {
  const target = { name: 'public.t', why: 'locked', readSql: "select 'x'", writeSql: null } as const
  const all = { startedAt, endedAt: startedAt + 2_000, lags: [], waits: [], traffic: [] }
  const made = { ...all, series: [series('reads', reads)], ...recording }
  const facts = measure(made, timeline, { targets: [target], notProbed: [], intervalMs: 25 })
  return { facts, reads: facts.tables[0]?.reads }
}

const rules = { errorStallMs: 1_000, warningStallMs: 100 }

describe('what probes measured', () => {
  it('is laid at the statement that took the lock, not at the one that kept it', () => {
    const { reads, facts } = measured([...quiet, [125, 880], [1_010, 1]])
    expect(reads?.stalls).to.deep.equal([
      {
        startMs: 125,
        durationMs: 880,
        migration: '001',
        direction: 'up',
        statement: 'alter table t add a int',
      },
    ])
    expect(reads?.sql).to.equal("select '…'")
    expect([reads?.quiet?.count, reads?.during?.count, reads?.after?.count]).to.deep.equal([4, 1, 1])
    const [found] = judgeProbes(facts, rules)
    expect(found?.finding).to.include({ id: 'client-stall', severity: 'warning', subject: 'public.t' })
    expect(found?.finding.message).to.contain('reads stalled 880 ms, during 001 (up)')
  })

  it('is no stall below 50 ms, nor below three times what is usual', () => {
    expect(measured([...quiet, [125, 50]]).reads?.stallCount).to.equal(0)
    expect(measured([...quiet, [125, 51]]).reads?.stallCount).to.equal(1)
    const slow = [0, 40].map((at) => [at, 30] as const)
    expect(measured([...slow, [125, 89]]).reads).to.include({ stallCount: 0, thresholdMs: 90 })
    expect(measured([...slow, [125, 91]]).reads).to.include({ stallCount: 1 })
  })

  it('does not count what the probing process itself was late by', () => {
    const lags = [{ from: startedAt + 130, until: startedAt + 425 }]
    expect(measured([...quiet, [125, 301]], { lags }).reads).to.include({ stallCount: 0 })
    // One that ended long before the answer came made nothing longer.
    expect(measured([...quiet, [125, 700]], { lags }).reads).to.include({ longestStallMs: 700 })
    expect(measured(quiet, { lags }).facts.ownLagMs).to.equal(295)
  })

  it('keeps the 50 longest stalls, in order of time, and the sum of all', () => {
    const many = Array.from({ length: 60 }, (_, n) => [300 + n, 60 + n] as const)
    const { reads } = measured([...quiet, ...many])
    expect(reads).to.include({ stallCount: 60, longestStallMs: 119, totalStallMs: 5_370 })
    expect(reads?.stalls).to.have.length(50)
    expect(reads?.stalls.map(({ startMs }) => startMs)).to.deep.equal(many.slice(10).map(([at]) => at))
  })

  it('is not verified without one good probe beforehand', () => {
    const errors = [{ code: '42501', count: 3, message: 'permission denied', firstAt: startedAt }]
    const { facts } = measured([], { series: [{ ...series('reads', []), errors }] })
    expect(judgeProbes(facts, rules).map(({ finding }) => finding)).to.have.length(1)
    expect(judgeProbes(facts, rules)[0]?.finding).to.include({ id: 'probes-not-run', severity: 'unverified' })
  })

  it('is not verified for traffic that fails before the migrations', () => {
    const errors = [{ code: '42601', count: 9, message: 'syntax error', firstAt: startedAt }]
    const { samples } = series('reads', [])
    const { facts } = measured(quiet, { traffic: [{ name: 'feed', samples, unsent: 2, errors }] })
    expect(judgeProbes(facts, rules)[0]?.finding).to.include({
      id: 'traffic-not-run',
      severity: 'unverified',
    })
  })

  it('tells a queue of those who wait for a waiting migration, and of those behind them', () => {
    const waits = [0, 20, 40].flatMap((later) =>
      [
        {
          pid: 7,
          who: 'migrator',
          blockedBy: [{ pid: 1, who: 'reader', words: 'select' }],
          relation: 'public.t',
        },
        {
          pid: 8,
          who: 'probe',
          blockedBy: [{ pid: 7, who: 'migrator', words: 'alter' }],
          relation: 'public.t',
        },
        { pid: 9, who: 'other', blockedBy: [{ pid: 8, who: 'probe', words: 'x' }], relation: 'a row' },
        { pid: 5, who: 'other', blockedBy: [{ pid: 4, who: 'other', words: 'y' }], relation: 'public.u' },
      ].map((wait) => ({
        at: startedAt + 300 + later,
        query: 'alter table t add a int',
        since: 110 + wait.pid,
        mode: 'ACCESS EXCLUSIVE',
        waitedMs: 190 + later - (wait.pid - 7),
        ...wait,
      })),
    ) as Recording['waits']
    const { facts } = measured(quiet, { waits })
    expect(facts.queues).to.have.length(1)
    expect(facts.queues[0]).to.deep.include({
      queued: 2,
      waitedMs: 230,
      queuedMs: 229,
      startMs: 110,
      migration: '001',
    })
    expect(judgeProbes(facts, rules)[0]?.finding.message).to.match(
      /^ALTER TABLE waited 230 ms for ACCESS EXCLUSIVE on public.t behind a reader.*2 sessions queued behind it/,
    )
  })
})

describe('the choice of tables', () => {
  const locks = (relation: string, mode: string, heldMs: number | null) => ({
    migration: '001',
    direction: 'up' as const,
    text: '',
    durationMs: 1,
    timing: 'exact' as const,
    rewrites: [],
    scans: [],
    walBytes: 0,
    locks: [{ relation, mode, heldMs }],
  })
  const statements = [
    locks('s.read', 'ACCESS SHARE', 9_000),
    locks('s.written', 'ROW EXCLUSIVE', 500),
    locks('s.short', 'ACCESS EXCLUSIVE', 5),
    locks('s.long', 'ACCESS EXCLUSIVE', 500),
    locks('s.indexed', 'SHARE', null),
  ]
  const tables = ['read', 'long', 'big', 'small'].map((name, n) => ({ name: `s.${name}`, bytes: 100 - n }))

  it('takes the strongest lock first, the longest held of those, and the largest others last', () => {
    const { chosen, left } = chooseTables(statements, tables, { tables: 10, large: 1 })
    expect(chosen.map(({ name }) => name)).to.deep.equal([
      's.long',
      's.short',
      's.indexed',
      's.written',
      's.big',
    ])
    expect(chosen.at(-1)?.why).to.equal('large')
    expect(left).to.deep.equal([])
  })

  it('says what it has no room for', () => {
    expect(chooseTables(statements, tables, { tables: 2, large: 2 })).to.deep.equal({
      chosen: [
        { name: 's.long', why: 'locked' },
        { name: 's.short', why: 'locked' },
      ],
      left: ['s.indexed', 's.written'],
    })
  })
})
