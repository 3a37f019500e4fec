import { expect } from 'chai'
import type { MigrationRun, StatementFacts } from '../rehearsal.ts'
import { hardwareRatio } from './calibration.ts'
import { estimates, type Measured } from './estimate.ts'
import type { ProductionFacts } from './production.ts'

const production: ProductionFacts = {
  tableSizes: {},
  hardwareFactor: 1,
  replicaBandwidth: undefined,
  calibration: undefined,
}
const tables = [{ name: 'public.listings', rows: 1_000, bytes: 100_000 }]
const up: MigrationRun = {
  name: '001',
  direction: 'up',
  status: 'success',
  startedMs: 0,
  durationMs: 1_100,
  statements: 2,
}

function statement(facts: Partial<StatementFacts>): StatementFacts {
  return {
    migration: '001',
    direction: 'up',
    text: 'alter table listings',
    startedMs: 0,
    durationMs: 100,
    timing: 'exact',
    locks: [],
    rewrites: [],
    scans: [],
    walBytes: 0,
    ...facts,
  }
}

const metadata = statement({
  locks: [{ relation: 'public.listings', mode: 'ACCESS EXCLUSIVE', heldMs: 1_100 }],
})
const backfill = statement({
  startedMs: 100,
  durationMs: 1_000,
  scans: [{ relation: 'public.listings', rows: 1_000 }],
  walBytes: 10_000_000,
})
const measured: Measured = { migrations: [up], statements: [metadata, backfill], tables }

describe('the estimate for production', () => {
  it('is an interval around what was measured where production is the same', () => {
    const [estimate] = estimates(measured, production)
    expect(estimate?.durationMs.low).to.be.within(500, 1_099)
    expect(estimate?.durationMs.high).to.be.within(1_101, 2_500)
    expect(estimate).to.deep.include({ exclusiveOn: 'public.listings', replicaLagMs: null })
  })

  it('grows with the tables that a statement reads, and not with those it only locks', () => {
    const larger = { ...production, tableSizes: { 'public.listings': { rows: 100_000, bytes: 10_000_000 } } }
    const [estimate] = estimates(measured, larger)
    expect(estimate?.durationMs.low).to.be.within(50_000, 100_100)
    expect(estimate?.durationMs.high).to.be.within(100_100, 400_000)
    // The lock is held through the backfill behind it.
    expect(estimate?.exclusiveMs?.low).to.be.above(50_000)
    expect(estimate?.restsOn.join()).to.include('100,000 rows instead of 1,000')
    const [only] = estimates(
      { ...measured, statements: [metadata], migrations: [{ ...up, durationMs: 100 }] },
      larger,
    )
    expect(only?.durationMs.high).to.be.below(300)
  })

  it('is never a point, also for what took no time', () => {
    const nothing = { ...measured, statements: [], migrations: [{ ...up, durationMs: 0 }] }
    const [estimate] = estimates(nothing, { ...production, hardwareFactor: undefined, replicaBandwidth: 1 })
    for (const interval of [estimate?.durationMs, estimate?.replicaLagMs]) {
      expect(interval?.high).to.be.above(interval?.low ?? Infinity)
    }
    expect(estimate).to.deep.include({ exclusiveMs: null, exclusiveOn: null })
    expect(estimate?.restsOn.join()).to.include('unknown hardware')
  })

  it('of the lag of a replica comes from the write-ahead log', () => {
    const [estimate] = estimates(measured, { ...production, replicaBandwidth: 1_000_000 })
    expect(estimate?.replicaLagMs?.low).to.be.within(7_000, 10_000)
    expect(estimate?.replicaLagMs?.high).to.be.within(10_000, 20_000)
  })

  it('leaves out what did not succeed', () => {
    expect(estimates({ ...measured, migrations: [{ ...up, status: 'error' }] }, production)).to.deep.equal([])
  })

  it('takes the extremes of a calibration', () => {
    const here = { scanRowsPerS: 100, sortRowsPerS: 100, walBytesPerS: 100, commitMs: 1 }
    const there = { scanRowsPerS: 200, sortRowsPerS: 50, walBytesPerS: null, commitMs: null }
    expect(hardwareRatio(here, there)).to.deep.equal({ low: 0.5, high: 2 })
    expect(hardwareRatio(here, { ...there, commitMs: 10 }).high).to.equal(4)
  })
})
