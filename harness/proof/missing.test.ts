import { expect } from 'chai'
import { accountFor } from './missing.ts'

describe('accounting for the entries of a backup', () => {
  const entry = (kind: string, name: string, schema: string | null = 'shop') => ({ kind, schema, name })

  it('finds each by its kind, schema and name', () => {
    const present = [entry('RELATION', 'titles'), entry('CONSTRAINT', 'titles titles_pkey')]
    const entries = [
      entry('TABLE', 'titles'),
      entry('TABLE', 'titles', 'other'),
      entry('FK CONSTRAINT', 'titles titles_pkey'),
      entry('FK CONSTRAINT', 'titles gone'),
      entry('TABLE DATA', 'titles'),
    ]
    const { looked, missing, unknownKinds } = accountFor(entries, present)
    expect({ looked, unknownKinds }).to.deep.equal({ looked: 4, unknownKinds: [] })
    expect(missing).to.deep.equal([entries[1], entries[3]])
  })

  it('wants as many operators and unsigned routines as there are entries', () => {
    const present = [entry('OPERATOR', '='), entry('ROUTINE NAME', 'net'), entry('ROUTINE NAME', 'net')]
    const entries = [entry('OPERATOR', '='), entry('OPERATOR', '='), entry('ROUTINE NAME', 'net')]
    expect(accountFor(entries, present).missing).to.deep.equal([entries[1]])
  })

  it('compares signatures without the schemas of their types, and takes what old dumps call a constraint', () => {
    const present = [
      entry('ROUTINE', 'cents_eq(shop.cents, "Odd Names"."A.B"[])'),
      entry('CONSTRAINT', 'titles titles_pkey'),
      entry('CAST', 'CAST (shop.cents AS bigint)', null),
    ]
    const entries = [
      entry('FUNCTION', 'cents_eq(cents, "A.B"[])'),
      entry('CONSTRAINT', 'titles_pkey'),
      entry('CAST', 'CAST (cents AS bigint)', 'pg_catalog'),
      entry('FUNCTION', 'cents_eq(cents)'),
    ]
    expect(accountFor(entries, present).missing).to.deep.equal([entries[3]])
  })

  it('names kinds that it does not know', () => {
    expect(accountFor([entry('WORMHOLE', 'x')], []).unknownKinds).to.deep.equal(['WORMHOLE'])
  })
})
