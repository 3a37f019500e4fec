import { expect } from 'chai'
import type { CrashFacts, Rehearsal } from '../rehearsal.ts'
import { savedRehearsal } from '../testing/golden.ts'
import { badCrashLines, crashSummary, harmOf } from './crash-text.ts'
import { junit } from './junit.ts'
import { markdown } from './markdown.ts'
import { terminal } from './terminal.ts'

describe('deaths of the migrator in reports', () => {
  it('are summed up in one sentence, good or bad', () => {
    expect(crashSummary({ crashes: [] })).to.equal(undefined)
    expect(crashSummary({ crashes: [death({}), death({ left: 'everything' })] })).to.equal(
      '2 deaths tried: each can be recovered from by running the migrations again; of the migrations there was nothing 1 time, everything 1 time',
    )
    expect(crashSummary({ crashes: [death({}), stuck] })).to.match(/^2 deaths tried: 1 cannot be recovered/)
  })

  it('harm most where running again fails or ends elsewhere', () => {
    const harms = [
      death({}),
      death({ left: 'part', again: 'succeeded' }),
      death({ rollback: 'differs' }),
      stuck,
      death({ again: 'differs' }),
    ].map(harmOf)
    expect(harms).to.deep.equal([0, 1, 2, 3, 3])
  })

  it('are a line each in the terminal only where they are bad, worst first', async () => {
    const lines = badCrashLines({ crashes: [death({}), death({ rollback: 'failed' }), stuck] })
    expect(lines).to.have.length(2)
    expect(lines[0]).to.equal(
      '002_b: server killed at create index x on t (a): a part left; running again fails; rollback not tried',
    )
    const report = terminal.render(await withCrashes([death({}), stuck]))
    expect(report.split('\n').filter((line) => line.includes('server killed'))).to.have.length(1)
    expect(terminal.render(await withCrashes([death({})]))).not.to.match(/death|connection lost/)
  })

  it('are told in a comment, and are a test each in JUnit where they are bad', async () => {
    const rehearsal = await withCrashes([death({}), death({ statement: 4 }), stuck])
    expect(markdown.render(rehearsal)).to.match(
      /## When the migrator dies\n\n3 deaths tried: 1 .*\n\n- ❌ 002_b: /,
    )
    const xml = junit.render(rehearsal)
    expect(xml).to.contain('<testsuite name="crashes" tests="2" failures="1"')
    expect(xml).to.contain('name="2 deaths recovered from of 3"')
    expect(xml).to.contain('name="002_b, statement 7: server killed"')
    expect(junit.render(await withCrashes([death({})]))).to.contain(
      '<testsuite name="crashes" tests="1" failures="0"',
    )
  })
})

async function withCrashes(crashes: readonly CrashFacts[]): Promise<Rehearsal> {
  return { ...(await savedRehearsal('passed')), crashes }
}

function death(facts: Partial<CrashFacts>): CrashFacts {
  return {
    migration: '001_a',
    statement: 3,
    text: 'alter table t add column a integer',
    fault: 'connection-cut',
    inTransaction: true,
    left: 'nothing',
    debris: [],
    again: 'as-rehearsed',
    rollback: 'as-rehearsed',
    details: [],
    durationMs: 10,
    ...facts,
  }
}

const stuck = death({
  migration: '002_b',
  statement: 7,
  text: 'create index\n  x on t (a)',
  fault: 'server-killed',
  left: 'part',
  debris: ['index x is there'],
  again: 'failed',
  rollback: 'not-tried',
})
