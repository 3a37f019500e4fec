import { expect } from 'chai'
import type { StatementFacts } from '../../rehearsal.ts'
import { axisOf } from './axis.ts'
import { lockLanes } from './lock-lanes.ts'

describe('axis of a chart', () => {
  it('counts from where it begins, in steps that people count in', () => {
    expect(axisOf('a', 4_000, 4_900).ticks.map(({ text }) => text)).to.deep.equal([
      '0',
      '200 ms',
      '400 ms',
      '600 ms',
      '800 ms',
    ])
    expect(axisOf('a', 0, 126_000).ticks.map(({ text }) => text)).to.deep.equal([
      '0',
      '30 s',
      '1 min',
      '1 min 30 s',
      '2 min',
    ])
  })

  it('places moments in percent, also where nothing took time, and none outside', () => {
    const { at } = axisOf('a', 1_000, 3_000)
    expect([1_000, 2_000, 3_000, 9_000, 0].map(at)).to.deep.equal([0, 50, 100, 100, 0])
    expect(axisOf('a', 5, 5).at(5)).to.equal(0)
  })
})

describe('lanes of locks', () => {
  it('are one for each relation, what stops reads first, a bar for what was held in one go', () => {
    const lanes = lockLanes(
      [
        statement(0, [['t.weak', 'ROW EXCLUSIVE', 500]]),
        statement(10, [['t.writes', 'SHARE', 400]]),
        statement(20, [['t.all', 'ACCESS EXCLUSIVE', 30]]),
        statement(30, [['t.all', 'ACCESS EXCLUSIVE', 10]]),
        statement(90, [['t.all', 'ACCESS EXCLUSIVE', null]]),
      ],
      100,
    )
    expect(lanes.map(({ name }) => name)).to.deep.equal(['t.all', 't.writes', 't.weak'])
    expect(lanes[0]?.bars).to.deep.equal([
      { startMs: 20, endMs: 50, fill: 'lock-all' },
      { startMs: 90, endMs: 100, fill: 'lock-all' },
    ])
    expect(lanes[0]?.note).to.equal('ACCESS EXCLUSIVE 30 ms, 3 times, end not seen')
    expect(lanes.map(({ bars }) => bars[0]?.fill)).to.deep.equal(['lock-all', 'lock-writes', 'lock-some'])
  })
})

function statement(startedMs: number, locks: readonly [string, string, number | null][]): StatementFacts {
  return {
    migration: '001',
    direction: 'up',
    text: 'select 1',
    startedMs,
    durationMs: 1,
    timing: 'exact',
    locks: locks.map(([relation, mode, heldMs]) => ({ relation, mode, heldMs })),
    rewrites: [],
    scans: [],
    walBytes: 0,
  }
}
