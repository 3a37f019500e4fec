import { expect } from 'chai'
import type { MigrationRun, Rehearsal, StatementFacts } from '../rehearsal.ts'
import { locksText } from './locks-text.ts'

describe('locks of a migration in a report', () => {
  const run: MigrationRun = { name: '001', direction: 'up', status: 'success', durationMs: 1, statements: 2 }
  const statement = (facts: Partial<StatementFacts>): StatementFacts => ({
    migration: '001',
    direction: 'up',
    text: 'alter table',
    durationMs: 1,
    timing: 'exact',
    locks: [],
    rewrites: [],
    scans: [],
    walBytes: 0,
    ...facts,
  })
  const text = (...statements: StatementFacts[]): string =>
    locksText({ statements } as unknown as Rehearsal, run).join('; ')

  it('are the strongest lock, the one held longest of several, then rewrites and scans', () => {
    const first = statement({
      locks: [
        { relation: 'a.b', mode: 'ACCESS EXCLUSIVE', heldMs: 20 },
        { relation: 'a.c', mode: 'ACCESS EXCLUSIVE', heldMs: 1_200 },
        { relation: 'a.d', mode: 'SHARE', heldMs: 9_000 },
      ],
      rewrites: ['a.b'],
      scans: [{ relation: 'a.b', rows: 1_000 }],
    })
    expect(text(first)).to.equal(
      'ACCESS EXCLUSIVE on a.c 1.2 s; rewrites a.b; reads 1,000 rows of a.b under lock',
    )
  })

  it('are not mentioned where they stop neither reads nor writes, nor are those of other migrations', () => {
    const weak = { relation: 'a.b', mode: 'ROW EXCLUSIVE', heldMs: 20 }
    const strong = { relation: 'a.b', mode: 'ACCESS EXCLUSIVE', heldMs: null }
    const scans = [{ relation: 'a.b', rows: 5 }]
    expect(
      text(statement({ locks: [weak], scans }), statement({ locks: [strong], direction: 'down' })),
    ).to.equal('')
    expect(text(statement({ locks: [strong] }))).to.equal('ACCESS EXCLUSIVE on a.b to its end')
  })
})
