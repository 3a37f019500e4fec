import { expect } from 'chai'
import { exportsBeside, handOverOf } from './exports.ts'

const migration = { up: () => {} }
const provider = { getMigrations: async () => ({ a: migration }) }
const migrator = { migrateToLatest: () => {}, getMigrations: () => {} }
const make = () => migrator
class ProviderClass {
  getMigrations() {}
}

describe('exports that hand over migrations', () => {
  const cases: [string, object, string | undefined, string][] = [
    ['a default record', { default: { a: migration } }, undefined, 'record'],
    ['a default provider', { default: provider }, undefined, 'provider'],
    ['a default function', { default: make }, undefined, 'function'],
    ['a Migrator', { migrator }, undefined, 'migrator'],
    ['a record under its usual name', { migrations: { a: migration } }, undefined, 'record'],
    ['default before the others', { migrations: { a: migration }, default: provider }, undefined, 'provider'],
    ['migrator before provider', { provider, migrator: make }, undefined, 'function'],
    ['one that fits after one that does not', { default: { port: 1 }, provider }, undefined, 'provider'],
    ['the export asked for', { default: provider, other: { a: migration } }, 'other', 'record'],
    ['the exports themselves', { a: migration, b: migration, helper: 1 }, undefined, 'record'],
    ['CommonJS of TypeScript', { default: { __esModule: true, default: make } }, undefined, 'function'],
    ['CommonJS with a usual name', { default: { __esModule: true, provider } }, undefined, 'provider'],
  ]
  for (const [what, module, name, form] of cases) {
    it(`take ${what}`, () => expect(handOverOf(module, name).form).to.equal(form))
  }

  it('pass the connection string to the function', () => {
    const handOver = handOverOf({ default: (url: string) => `made from ${url}` }, undefined)
    expect(handOver.form === 'function' && handOver.make('x')).to.equal('made from x')
  })

  it('list what is there when nothing fits', () => {
    const take = () => handOverOf({ default: ProviderClass, limit: 3, migrations: {} }, undefined)
    expect(take).to.throw('exports nothing that holds migrations; it exports default, limit, migrations.')
    expect(() => handOverOf({ a: migration }, 'b')).to.throw('export "b" holds no migrations; it exports a.')
    expect(() => handOverOf({}, undefined)).to.throw('it exports nothing.')
  })

  it('recognise a single migration', () => {
    expect(() => handOverOf({ up: () => {}, down: () => {} }, undefined))
      .to.throw()
      .with.property('hint', 'This is a single migration: name the folder it lies in.')
  })

  it('name what lies beside a record', () => {
    expect(exportsBeside({ a: migration, helper: 1 }, { a: migration })).to.deep.equal(['helper'])
  })
})
