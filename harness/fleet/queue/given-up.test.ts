import { expect } from 'chai'
import type { FleetSettings } from '../fleet.ts'
import { notUnderstood } from './given-up.ts'
import { retryReason } from './infrastructure.ts'

describe('a database from a queue', () => {
  const database = { name: 'a', priority: 1, settings: { backup: 'a.dump', ask: ['locks'] } }

  it('is understood with the settings that there are', () => {
    expect(notUnderstood({ database, number: 1 })).to.equal(undefined)
  })

  it('is left to a newer worker when it has a setting that is not known here', () => {
    const settings = { backup: 'a.dump', verifyTwice: true } as FleetSettings
    const result = notUnderstood({ database: { ...database, settings }, number: 2 })
    expect(result).to.deep.include({ verdict: 'could-not-verify', attempts: 2 })
    expect(result?.summary).to.contain('"verifyTwice"')
    if (result !== undefined)
      expect(retryReason(result, { engineAnswers: true, timeoutMs: null })).to.equal(result.summary)
  })
})
