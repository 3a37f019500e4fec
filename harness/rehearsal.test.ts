import { expect } from 'chai'
import { stageNames, verdictOf, type Finding, type Severity, type StageResult } from './rehearsal.ts'

const all = stageNames.map((name): StageResult => ({ name, status: 'completed', durationMs: 1, summary: '' }))
const finding = (severity: Severity): Finding => ({ id: 'x', severity, subject: 'x', message: 'x' })

describe('the verdict', () => {
  it('is passed when every stage completed and nothing is wrong', () => {
    expect(verdictOf(all, [finding('notice'), finding('warning')])).to.equal('passed')
  })

  it('is failed by one error, whatever else could not be verified', () => {
    expect(verdictOf([], [finding('unverified'), finding('error')])).to.equal('failed')
  })

  it('is never passed by something unverified', () => {
    expect(verdictOf(all, [finding('unverified')])).to.equal('could-not-verify')
  })

  for (const name of stageNames) {
    it(`is never passed without ${name}`, () => {
      expect(
        verdictOf(
          all.filter((stage) => stage.name !== name),
          [],
        ),
      ).to.equal('could-not-verify')
      for (const status of ['halted', 'crashed', 'skipped'] as const) {
        const stages = all.map((stage) => (stage.name === name ? { ...stage, status } : stage))
        expect(verdictOf(stages, []), status).to.equal('could-not-verify')
      }
    })
  }
})
