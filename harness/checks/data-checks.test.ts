import { expect } from 'chai'
import type { DataDifference } from '../catalog/data-difference.ts'
import type { Finding } from '../rehearsal.ts'
import { checks } from './index.ts'

const changed: DataDifference = {
  table: 'public.orders',
  relation: 'table',
  column: 'total',
  kind: 'values-changed',
  rows: 312,
  samples: ['id=5', 'id=7'],
  sampled: false,
  nonNullLost: null,
}
const lost = { ...changed, column: null, kind: 'rows-lost', rows: 1, samples: [] } as const
const dropped = { ...changed, kind: 'column-dropped', rows: 10, nonNullLost: 4, samples: [] } as const
const tableDropped = { ...lost, kind: 'table-dropped', rows: 3 } as const

describe('checks of data', () => {
  it('name table, column, number of rows and examples', () => {
    expect(
      brief(checks['data-changed'].judge({ differences: [changed, lost, dropped], allowed: [] })),
    ).to.deep.equal(['error public.orders.total: 312 rows changed, e.g. id=5; id=7'])
    expect(
      brief(checks['row-count-drift'].judge({ differences: [changed, lost, dropped], allowed: [] })),
    ).to.deep.equal(['error public.orders: 1 row lost'])
  })

  it('make a notice of what is allowed', () => {
    const facts = { differences: [changed, lost], allowed: ['orders.total'] }
    expect(brief(checks['data-changed'].judge(facts))).to.deep.equal([
      'notice public.orders.total: 312 rows changed, e.g. id=5; id=7 (allowed)',
    ])
    expect(brief(checks['row-count-drift'].judge(facts))).to.deep.equal(['error public.orders: 1 row lost'])
    expect(brief(checks['rollback-data-drift'].judge(facts))).to.deep.equal([
      'notice After the rollback, public.orders.total: 312 rows changed, e.g. id=5; id=7 (allowed)',
      'error After the rollback, public.orders: 1 row lost',
    ])
  })

  it('warn of dropped data, but not of what was empty', () => {
    const empty = { ...dropped, nonNullLost: 0 }
    expect(
      brief(
        checks['data-dropped'].judge({ differences: [dropped, tableDropped, empty, changed], allowed: [] }),
      ),
    ).to.deep.equal([
      'warning public.orders.total: column dropped with 4 values in 10 rows',
      'warning public.orders: table dropped with 3 rows',
      'notice public.orders.total: column dropped with 0 values in 10 rows',
    ])
  })

  it('take the rows of a materialized view for what they are', () => {
    const view = { ...lost, relation: 'materialized view' } as const
    expect(brief(checks['row-count-drift'].judge({ differences: [view], allowed: [] }))).to.deep.equal([
      'notice public.orders: 1 row lost (a materialized view)',
    ])
  })

  it('say what is estimated, what a type cannot hold and what only moved', () => {
    const others = [
      { ...changed, sampled: true, samples: [] },
      { ...changed, kind: 'column-retyped', samples: [] } as const,
      { ...changed, column: null, samples: [] },
    ]
    expect(brief(checks['data-changed'].judge({ differences: others, allowed: [] }))).to.deep.equal([
      'error public.orders.total: 312 rows changed (estimated from a sample)',
      'error public.orders.total: 312 rows changed: the new type cannot hold the old value',
      'error public.orders: 312 rows changed: values moved between rows',
    ])
  })
})

function brief(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, message }) => `${severity} ${message}`)
}
