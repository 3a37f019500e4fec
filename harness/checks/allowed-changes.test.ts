import { expect } from 'chai'
import { isAllowed } from './allowed-changes.ts'

const price = { table: 'public.titles', column: 'price' }
const rows = { table: 'public.titles', column: null }
const odd = { table: '"Odd Names"."a.b"', column: 'c d' }

const cases = [
  { pattern: 'titles', allows: [price, rows], refuses: [odd] },
  { pattern: 'titles.price', allows: [price], refuses: [rows, { ...price, column: 'prices' }] },
  { pattern: 'public.titles.price', allows: [price], refuses: [rows] },
  { pattern: 'shop.titles.price', allows: [], refuses: [price, rows] },
  { pattern: 'public.titles', allows: [price, rows], refuses: [{ ...rows, table: 'shop.titles' }] },
  { pattern: 'titles.*', allows: [price, rows], refuses: [odd] },
  { pattern: '*.price', allows: [price], refuses: [rows, odd] },
  { pattern: '*.titles.price', allows: [price], refuses: [rows] },
  { pattern: '*', allows: [price, rows, odd], refuses: [] },
  { pattern: '"a.b"', allows: [odd], refuses: [price] },
  { pattern: '"Odd Names"."a.b"."c d"', allows: [odd], refuses: [price] },
  { pattern: '', allows: [], refuses: [price, rows, odd] },
  { pattern: 'title', allows: [], refuses: [price, rows] },
]

describe('allowed data changes', () => {
  for (const { pattern, allows, refuses } of cases) {
    it(`are read from the pattern ${pattern === '' ? '(empty)' : pattern}`, () => {
      for (const change of allows) expect(isAllowed([pattern], change), JSON.stringify(change)).to.equal(true)
      for (const change of refuses)
        expect(isAllowed([pattern], change), JSON.stringify(change)).to.equal(false)
    })
  }
})
