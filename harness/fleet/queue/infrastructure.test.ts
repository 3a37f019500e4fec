import { expect } from 'chai'
import { problemCodes } from '../../problem-codes.ts'
import { fleetResult } from '../../testing/fleet.ts'
import type { FleetFinding, FleetResult } from '../fleet.ts'
import { infrastructureCodes, retryReason } from './infrastructure.ts'

describe('a result that says nothing of the database', () => {
  it('is known by codes that there are', () => {
    const known = new Set(Object.values(problemCodes).flatMap((codes) => Object.keys(codes)))
    expect([...infrastructureCodes].filter((code) => !known.has(code))).to.deep.equal([])
  })

  const unverified = 'could-not-verify' as const
  const died = { verdict: unverified, rehearsal: null, exitCode: null, summary: 'Ended by SIGKILL.' }
  const cases: [string, Partial<FleetResult>, { silent?: true }, RegExp | undefined][] = [
    ['is none that passed', {}, { silent: true }, undefined],
    ['is none that failed', { verdict: 'failed', findings: [finding('engine-lost')] }, {}, undefined],
    [
      'may be one that failed when the engine went away',
      { verdict: 'failed' },
      { silent: true },
      /^The engine does not/,
    ],
    [
      'is that of an engine that was lost',
      { verdict: unverified, findings: [finding('engine-lost')] },
      {},
      /^why$/,
    ],
    [
      'is none of a torn backup',
      { verdict: unverified, findings: [finding('backup-truncated')] },
      {},
      undefined,
    ],
    ['is that of a process that was killed', died, {}, /^Ended by SIGKILL/],
    ['is that of a process that broke down', { ...died, exitCode: 13 }, {}, /^Ended/],
    ['is none of a rehearsal that took too long', { ...died, durationMs: 5_000 }, {}, undefined],
    ['is none of a rehearsal that wrote no report', { ...died, exitCode: 2 }, {}, undefined],
  ]
  for (const [title, changes, { silent }, expected] of cases) {
    it(title, () => {
      const result = fleetResult('a', { durationMs: 1_000, ...changes })
      const reason = retryReason(result, { engineAnswers: silent !== true, timeoutMs: 5_000 })
      if (expected === undefined) expect(reason).to.equal(undefined)
      else expect(reason).to.match(expected)
    })
  }
})

function finding(id: string): FleetFinding {
  return { id, severity: 'unverified', subject: 'restore', message: 'why', migration: null }
}
