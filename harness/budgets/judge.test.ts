import { expect } from 'chai'
import { nights, record } from '../testing/record.ts'
import type { Budget } from './budget.ts'
import type { BudgetName } from './index.ts'
import { budgetKinds, budgetNames } from './index.ts'
import { judgeBudgets } from './judge.ts'
import { median } from '../median.ts'

const whole = { ranWhole: true }
const absolute = (name: BudgetName, max: number): Budget<BudgetName> => ({
  name,
  severity: 'error',
  max,
  relative: undefined,
})
const relative = (name: BudgetName, times: number, slack = 0): Budget<BudgetName> => ({
  name,
  severity: 'warning',
  max: undefined,
  relative: { times, last: 5, atLeast: 3, slack },
})

describe('budgets', () => {
  for (const [name, value, subject] of [
    ['stall', 50, '001'],
    ['migrationDuration', 200, '001'],
    ['duration', 200, 'migrations'],
    ['wal', 4_096, '001'],
    ['growth', 8_192, 'database'],
    ['restore', 1_000, 'restore'],
    ['backupAge', 7_445_678, 'backup'],
  ] as const) {
    it(`hold ${name} to a figure, which may be reached and not exceeded`, () => {
      expect(judgeBudgets([absolute(name, value)], record(), [], whole).findings).to.deep.equal([])
      const [finding, ...rest] = judgeBudgets([absolute(name, value - 1)], record(), [], whole).findings
      expect(rest).to.deep.equal([])
      expect(finding).to.include({ id: 'budget-exceeded', severity: 'error', subject })
      expect(finding?.message).to.contain('the budget is')
    })
  }

  it('hold a figure to the median of the newest earlier rehearsals, and name all that was compared', () => {
    // The newest five restored in 1,500 to 1,900 ms: their median is 1,700.
    const past = nights(10, 100)
    const at = (restoreMs: number, slack = 0) =>
      judgeBudgets([relative('restore', 1.5, slack)], record({ restoreMs }), past, whole).findings
    expect(at(2_550)).to.deep.equal([])
    expect(at(2_600, 100)).to.deep.equal([])
    expect(at(2_551)[0]).to.include({
      id: 'budget-exceeded',
      severity: 'warning',
      subject: 'restore',
      message: 'Restore is 2.6 s; the budget is 2.5 s: 1.5 times the median of 5 earlier rehearsals (1.7 s).',
    })
  })

  it('take the stricter of two limits, and the absolute one where there is no history', () => {
    const both = { ...relative('restore', 1), max: 5_000 }
    const message = (past: number) =>
      judgeBudgets([both], record({ restoreMs: 9_000 }), nights(past), whole).findings[0]?.message
    expect(message(0)).to.contain('the budget is 5.0 s.')
    expect(message(3)).to.contain('the median of 3 earlier rehearsals (1.0 s)')
  })

  it('say when there is too little history, or only that of another engine or of the rehearsal itself', () => {
    const docker = { name: 'docker', serverVersion: '17.6' }
    for (const past of [
      nights(2),
      nights(9).map((it) => ({ ...it, engine: docker })),
      [...nights(2), record()],
      nights(9).map((it) => ({ ...it, restoreMs: null })),
    ]) {
      const judged = judgeBudgets([relative('restore', 1)], record({ restoreMs: 99_000 }), past, whole)
      expect(judged.findings).to.have.length(1)
      expect(judged.findings[0]).to.include({ id: 'budget-without-history', severity: 'notice' })
      expect(judged.limits).to.deep.equal(['Budget not judged for want of history: restore of restore.'])
    }
  })

  it('cannot pass what was not measured, unless a stage that ended early has said so', () => {
    const [up, down] = record().migrations
    if (up === undefined || down === undefined) throw new Error('the record has two')
    const blind = record({ migrations: [{ ...up, stallMs: null }, down] })
    expect(judgeBudgets([absolute('stall', 1)], blind, [], whole).findings[0]).to.include({
      id: 'budget-not-judged',
      severity: 'unverified',
      subject: '001',
    })
    expect(judgeBudgets([absolute('stall', 1)], blind, [], { ranWhole: false }).findings).to.deep.equal([])
  })

  it('are named as they are registered, and described', () => {
    for (const name of budgetNames) {
      expect(budgetKinds[name].name).to.equal(name)
      expect(budgetKinds[name].description).to.match(/\w{3}/)
    }
  })
})

describe('the median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).to.equal(2)
    expect(median([4, 1, 3, 2])).to.equal(2.5)
    expect(median([])).to.satisfy(Number.isNaN)
  })
})
