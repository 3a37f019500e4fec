import { expect } from 'chai'
import type { DataColumn, DataTable } from './data-tables.ts'
import { matchTables, type MatchBy } from './match-tables.ts'

/** Tables as `name#oid(column#attnum, …)`; a partition, read with its root, has a `!` in front. */
const cases: readonly (readonly [
  what: string,
  by: MatchBy,
  before: string[],
  after: string[],
  matched: string[],
])[] = [
  ['a table that stays', 'oid', ['a#1(x#1)'], ['a#1(x#1)'], ['a=a x=x']],
  ['a renamed table and column', 'oid', ['a#1(x#1)'], ['b#1(y#1)'], ['a=b x=y']],
  ['a renamed table, by name', 'name', ['a#1(x#1)'], ['b#1(x#1)'], ['a gone']],
  ['a table made anew under its name', 'oid', ['a#1(x#1)'], ['a#7(z#1, x#2)'], ['a=a x=x']],
  ['a table put aside for a new one', 'oid', ['a#1(x#1)'], ['a_old#1(x#1)', 'a#7(x#1)'], ['a=a x=x']],
  ['tables that swap names', 'oid', ['a#1()', 'b#2()'], ['b#1()', 'a#2()'], ['a=b', 'b=a']],
  ['a dropped table and column', 'oid', ['a#1()', 'b#2(x#1, y#2)'], ['b#2(y#2)'], ['a gone', 'b=b y=y -x']],
  ['a column made anew under its name', 'oid', ['a#1(x#1, y#2)'], ['a#1(y#2, x#3)'], ['a=a x=x y=y']],
  ['a column put aside for a new one', 'oid', ['a#1(x#1)'], ['a#1(x_old#1, x#2)'], ['a=a x=x']],
  ['columns that swap names', 'oid', ['a#1(x#1, y#2)'], ['a#1(y#1, x#2)'], ['a=a x=y y=x']],
  ['columns that swap names, by name', 'name', ['a#1(x#1, y#2)'], ['a#1(y#1, x#2)'], ['a=a x=x y=y']],
  [
    'a table that became a partition of a new root',
    'oid',
    ['a#1(x#1)'],
    ['!a_1#1(x#1)', 'a#7(x#1)'],
    ['a=a x=x'],
  ],
  ['a table that became a partition of another', 'oid', ['a#1(x#1)'], ['!a#1(x#1)', 'b#7(x#1)'], ['a=a x=x']],
  ['a partition', 'oid', ['!a#1()', 'b#2()'], ['b#2()'], ['b=b']],
]

describe('matched tables', () => {
  for (const [what, by, before, after, matched] of cases) {
    it(`tell of ${what}`, () => {
      const { pairs, gone } = matchTables(before.map(table), after.map(table), by)
      const lines = pairs.map(({ before, after, columns, dropped }) =>
        [
          `${before.name}=${after.name}`,
          ...columns.map((column) => `${column.before.name}=${column.after.name}`),
          ...dropped.map(({ name }) => `-${name}`),
        ].join(' '),
      )
      expect([...lines, ...gone.map(({ name }) => `${name} gone`)].toSorted()).to.deep.equal(matched)
    })
  }
})

function table(text: string): DataTable {
  const [, partition, name = '', oid = '', columns = ''] = /^(!?)(\w+)#(\d+)\((.*)\)$/.exec(text) ?? []
  return {
    name,
    oid,
    kind: 'table',
    counted: partition === '',
    bytes: 0,
    columns: columns === '' ? [] : columns.split(', ').map(column),
    key: [],
  }
}

function column(text: string): DataColumn {
  const [name = '', attnum] = text.split('#')
  return { name, attnum: Number(attnum), type: 'text', hashedAs: null, category: 'S' }
}
