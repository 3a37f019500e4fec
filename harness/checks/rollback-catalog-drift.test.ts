import { expect } from 'chai'
import type { CatalogDifference } from '../catalog/catalog.ts'
import { rollbackCatalogDrift } from './rollback-catalog-drift.ts'

const column = { kind: 'column', name: 'public.t.c', change: 'changed', severity: 'error' } as const

const cases: readonly (readonly [CatalogDifference[], severity: string, message: string])[] = [
  [
    [
      {
        kind: 'index',
        name: 'public.i',
        change: 'missing',
        attribute: null,
        before: null,
        after: null,
        severity: 'error',
      },
    ],
    'error',
    'After the rollback, index public.i is missing.',
  ],
  [
    [
      {
        kind: 'table',
        name: 'public.t',
        change: 'added',
        attribute: null,
        before: null,
        after: 'with 2 columns',
        severity: 'error',
      },
    ],
    'error',
    'After the rollback, table public.t is still there with 2 columns.',
  ],
  [
    [
      { ...column, attribute: 'default', before: '1', after: '2' },
      { ...column, attribute: 'comment', before: 'x', after: null },
      { ...column, attribute: 'notNull', before: 'true', after: null },
    ],
    'error',
    'After the rollback, column public.t.c has another default, lost its comment, differs in NOT NULL.',
  ],
  [
    [
      {
        kind: 'table',
        name: 'public.t',
        change: 'changed',
        attribute: 'columnOrder',
        before: 'a, b',
        after: 'b, a',
        severity: 'notice',
      },
    ],
    'notice',
    'After the rollback, table public.t has its columns in another order.',
  ],
]

describe('rollback-catalog-drift', () => {
  for (const [differences, severity, message] of cases) {
    it(`says: ${message}`, () => {
      const [finding, ...others] = rollbackCatalogDrift.judge({ differences })
      expect(others).to.deep.equal([])
      expect(finding).to.include({ id: 'rollback-catalog-drift', severity, message })
    })
  }

  it('makes a finding of each object and shows both values', () => {
    const differences: CatalogDifference[] = [
      { ...column, attribute: 'rowSecurity', before: 'a\n  b', after: null },
      { ...column, name: 'public.t.d', attribute: 'type', before: 'text', after: 'integer' },
    ]
    const findings = rollbackCatalogDrift.judge({ differences })
    expect(findings.map(({ subject, evidence }) => [subject, evidence?.details])).to.deep.equal([
      ['public.t.c', ['row security before: a b', 'row security after: none']],
      ['public.t.d', ['type before: text', 'type after: integer']],
    ])
  })
})
