import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import type { Check } from './check.ts'
import { checks } from './index.ts'

const entries: [string, Check<never>][] = Object.entries(checks)

describe('checks', () => {
  it('carry the id they are registered under, and a file of that name', () => {
    const files = readdirSync(import.meta.dirname)
    for (const [id, check] of entries) {
      expect(check.id).to.equal(id)
      expect(id).to.match(/^[a-z]+(-[a-z]+)*$/)
      expect(files).to.include(`${id}.ts`)
    }
  })

  it('are all registered', () => {
    const supporting = new Set([
      'allowed-changes.ts',
      'catalog-words.ts',
      'check.ts',
      'data-facts.ts',
      'index.ts',
      'step-facts.ts',
    ])
    const files = readdirSync(import.meta.dirname).filter((file) => !file.endsWith('.test.ts'))
    expect(files.filter((file) => !supporting.has(file))).to.deep.equal(
      entries.map(([id]) => `${id}.ts`).toSorted(),
    )
  })

  it('describe themselves in a sentence', () => {
    for (const [, { description }] of entries) expect(description).to.match(/^[A-Z].*\.$/)
  })

  it('find nothing where nothing differs', () => {
    const nothing = { differences: [], allowed: [] }
    const all = [
      checks['data-changed'],
      checks['data-dropped'],
      checks['row-count-drift'],
      checks['rollback-data-drift'],
    ]
    for (const check of all) expect(check.judge(nothing)).to.deep.equal([])
    expect(checks['rollback-catalog-drift'].judge(nothing)).to.deep.equal([])
  })
})
