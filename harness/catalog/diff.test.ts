import { expect } from 'chai'
import { keyOf, type Catalog, type CatalogObject } from './catalog.ts'
import { diffCatalogs } from './diff.ts'

describe('catalog differences', () => {
  it('are none between equal catalogs, and absent is null', () => {
    const one = catalog([object('table', 'a.t', null, { owner: 'x', options: null })])
    expect(diffCatalogs(one, catalog([object('table', 'a.t', null, { owner: 'x' })]))).to.deep.equal([])
  })

  it('fold what goes with a missing object and count it', () => {
    const table = [
      object('schema', 'a', null),
      object('table', 'a.t', 'a'),
      object('column', 'a.t.c', 'a.t'),
      object('column', 'a.t.d', 'a.t'),
      object('constraint', 'a.t.k', 'a.t'),
      object('index', 'a.k', 'a.t.k'),
      object('policy', 'a.t.p', 'a.t'),
    ]
    expect(diffCatalogs(catalog(table), catalog([object('schema', 'a', null)]))).to.deep.equal([
      {
        kind: 'table',
        name: 'a.t',
        change: 'missing',
        attribute: null,
        before: 'with 2 columns, 1 constraint, 1 index, 1 policy',
        after: null,
        severity: 'error',
      },
    ])
  })

  it('judge a sequence by whether it is ahead, downwards too', () => {
    const sequence = (nextValue: string, increment = '1') =>
      catalog([object('sequence', 'a.s', null, { nextValue, increment })])
    const severity = (one: Catalog, other: Catalog) =>
      diffCatalogs(one, other).map(({ severity }) => severity)
    expect(severity(sequence('99'), sequence('100'))).to.deep.equal(['notice'])
    expect(severity(sequence('100'), sequence('99'))).to.deep.equal(['error'])
    expect(severity(sequence('-1', '-1'), sequence('-2', '-1'))).to.deep.equal(['notice'])
    expect(severity(sequence('9223372036854775807'), sequence('9223372036854775806'))).to.deep.equal([
      'error',
    ])
  })

  it('tell another column order once a table, and a column that is gone not as an order', () => {
    const table = (...columns: string[]) =>
      catalog([
        object('table', 'a.t', null),
        ...columns.map((name, at) => object('column', `a.t.${name}`, 'a.t', { position: at + 1 })),
      ])
    expect(diffCatalogs(table('x', 'y', 'z'), table('y', 'z')).map(({ name }) => name)).to.deep.equal([
      'a.t.x',
    ])
    expect(diffCatalogs(table('x', 'y', 'z'), table('z', 'x', 'y'))).to.deep.equal([
      {
        kind: 'table',
        name: 'a.t',
        change: 'changed',
        attribute: 'columnOrder',
        before: 'x, y, z',
        after: 'z, x, y',
        severity: 'notice',
      },
    ])
  })

  it('are sorted by name, whatever the order of the catalogs', () => {
    const objects = ['c', 'a', 'b'].map((name) => object('table', name, null))
    expect(diffCatalogs(catalog(objects), catalog([])).map(({ name }) => name)).to.deep.equal(['a', 'b', 'c'])
    expect(diffCatalogs(catalog([]), catalog(objects)).map(({ change }) => change)).to.deep.equal([
      'added',
      'added',
      'added',
    ])
  })
})

function object(
  kind: string,
  name: string,
  parent: string | null,
  attributes: CatalogObject['attributes'] = {},
): CatalogObject {
  return { kind, name, parent, attributes }
}

function catalog(objects: readonly CatalogObject[]): Catalog {
  return { objects: new Map(objects.map((object) => [keyOf(object), object])) }
}
