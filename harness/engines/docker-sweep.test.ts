import { expect } from 'chai'
import { thisOwner } from '../runs/owner.ts'
import { isLeftover, strangerAgeMs } from './docker-sweep.ts'

describe('a container of ours', () => {
  const living = thisOwner()
  const dead = { ...living, startedAt: 'long ago' }
  const stranger = { ...living, host: 'elsewhere' }
  const plain = 'pg-rehearsal-rabc-1f'
  const kept = 'pg-rehearsal-kept-rabc-1f'
  const young = strangerAgeMs - 1
  const old = strangerAgeMs + 1

  const cases = [
    { what: 'of a living run', name: plain, owner: living, ageMs: old, swept: false, cleaned: false },
    { what: 'of a dead run', name: plain, owner: dead, ageMs: 0, swept: true, cleaned: true },
    { what: 'kept by a dead run', name: kept, owner: dead, ageMs: old, swept: false, cleaned: true },
    { what: 'kept by a living run', name: kept, owner: living, ageMs: 0, swept: false, cleaned: true },
    { what: 'of another host', name: plain, owner: stranger, ageMs: young, swept: false, cleaned: false },
    {
      what: 'of a container that has ended',
      name: plain,
      owner: stranger,
      ageMs: young,
      homeIsGone: true,
      swept: true,
      cleaned: true,
    },
    {
      what: 'kept by a container that has ended',
      name: kept,
      owner: stranger,
      ageMs: young,
      homeIsGone: true,
      swept: false,
      cleaned: true,
    },
    { what: 'of another host, old', name: plain, owner: stranger, ageMs: old, swept: true, cleaned: true },
    { what: 'kept by another host', name: kept, owner: stranger, ageMs: young, swept: false, cleaned: false },
    {
      what: 'of an unknown owner',
      name: plain,
      owner: undefined,
      ageMs: young,
      swept: false,
      cleaned: false,
    },
    {
      what: 'of an unknown owner, old',
      name: plain,
      owner: undefined,
      ageMs: old,
      swept: true,
      cleaned: true,
    },
  ]
  for (const { what, swept, cleaned, ...candidate } of cases) {
    it(`${what} is ${swept ? 'swept' : 'not swept'} and ${cleaned ? 'cleaned' : 'not cleaned'}`, () => {
      expect(isLeftover(candidate, false)).to.equal(swept)
      expect(isLeftover(candidate, true)).to.equal(cleaned)
    })
  }
})
