import { expect } from 'chai'
import { isLeftover, strangerAgeMs } from './leftover.ts'
import { thisOwner } from './owner.ts'

describe('what a run made', () => {
  const living = thisOwner()
  const dead = { ...living, startedAt: 'long ago' }
  const stranger = { ...living, host: 'elsewhere' }
  const old = strangerAgeMs + 1
  const cases = [
    { what: 'by a living run', owner: living, wasKept: false, ageMs: old, swept: false, cleaned: false },
    { what: 'by a dead run', owner: dead, wasKept: false, ageMs: 0, swept: true, cleaned: true },
    { what: 'and kept by a dead run', owner: dead, wasKept: true, ageMs: old, swept: false, cleaned: true },
    { what: 'and kept by a living run', owner: living, wasKept: true, ageMs: 0, swept: false, cleaned: true },
    { what: 'on another host', owner: stranger, wasKept: false, ageMs: 0, swept: false, cleaned: false },
    { what: 'on another host, old', owner: stranger, wasKept: false, ageMs: old, swept: true, cleaned: true },
    { what: 'by nobody known', owner: undefined, wasKept: false, ageMs: 0, swept: false, cleaned: false },
    {
      what: 'by nobody known, old',
      owner: undefined,
      wasKept: false,
      ageMs: old,
      swept: true,
      cleaned: true,
    },
  ]
  for (const { what, swept, cleaned, ...leaving } of cases) {
    it(`${what} is ${swept ? 'swept' : 'not swept'} and ${cleaned ? 'cleaned' : 'not cleaned'}`, () => {
      expect(isLeftover(leaving, false)).to.equal(swept)
      expect(isLeftover(leaving, true)).to.equal(cleaned)
    })
  }
})
