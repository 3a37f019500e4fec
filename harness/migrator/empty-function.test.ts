import { expect } from 'chai'
import { isEmptyFunction } from './empty-function.ts'

/* oxlint-disable no-empty-function, no-useless-return */
type Db = { run(text: string): Promise<void> }

const empty: Record<string, (db: Db) => unknown> = {
  'an async function': async function down() {},
  'an arrow function': () => {},
  'an arrow function to nothing': async () => undefined,
  'an arrow function to an object': () => ({}),
  'a method': { async down() {} }.down,
  'a comment': async () => {
    // nothing to do
    /* really { not } */
  },
  'a bare return': async () => {
    return
  },
  'a resolved promise': () => Promise.resolve(),
  'an awaited one': async () => {
    await Promise.resolve()
  },
  'parameters with a default': (_db: Db, _options = {}) => {},
}

const notEmpty: Record<string, (db: Db) => unknown> = {
  'a query': async (db) => {
    await db.run('drop table a')
  },
  'a query as an expression': (db) => db.run('drop table a'),
  'a query with a comment in it': (db) => db.run('drop table a -- // {}'),
  'an empty block last': async (db) => {
    if ((await db.run('x')) === undefined) {
    }
  },
  'a callback that does nothing': (db) => db.run('x').catch(() => {}),
  'a throw': () => {
    throw new Error('irreversible')
  },
  'native code': Map.prototype.clear.bind(new Map()),
}

describe('empty functions', () => {
  for (const [what, callable] of Object.entries(empty)) {
    it(`are empty with ${what}`, () => expect(isEmptyFunction(callable)).to.equal(true))
  }
  for (const [what, callable] of Object.entries(notEmpty)) {
    it(`are not empty with ${what}`, () => expect(isEmptyFunction(callable)).to.equal(false))
  }
})
