import { expect } from 'chai'
import {
  questionNames,
  stageNames,
  verdictOf,
  type Finding,
  type Severity,
  type StageResult,
} from './rehearsal.ts'

const all = stageNames.map((name): StageResult => ({ name, status: 'completed', durationMs: 1, summary: '' }))
const finding = (severity: Severity): Finding => ({ id: 'x', severity, subject: 'x', message: 'x' })

const verdict = (stages: readonly StageResult[], findings: readonly Finding[]) =>
  verdictOf({ stages, findings, questions: questionNames })

describe('the verdict', () => {
  it('is passed when every stage completed and nothing is wrong', () => {
    expect(verdict(all, [finding('notice'), finding('warning')])).to.equal('passed')
  })

  it('is failed by one error, whatever else could not be verified', () => {
    expect(verdict([], [finding('unverified'), finding('error')])).to.equal('failed')
  })

  it('is never passed by something unverified', () => {
    expect(verdict(all, [finding('unverified')])).to.equal('could-not-verify')
  })

  for (const name of stageNames) {
    it(`is never passed without ${name}`, () => {
      expect(
        verdict(
          all.filter((stage) => stage.name !== name),
          [],
        ),
      ).to.equal('could-not-verify')
      for (const status of ['halted', 'crashed', 'skipped'] as const) {
        const stages = all.map((stage) => (stage.name === name ? { ...stage, status } : stage))
        expect(verdict(stages, []), status).to.equal('could-not-verify')
      }
    })
  }

  it('does not rest on what was not asked', () => {
    const core = all.filter(({ name }) => !questionNames.some((it) => it === name))
    expect(verdictOf({ stages: core, findings: [], questions: [] })).to.equal('passed')
    expect(verdictOf({ stages: core, findings: [], questions: ['locks'] })).to.equal('could-not-verify')
  })
})
