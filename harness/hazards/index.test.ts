import { existsSync, readdirSync } from 'node:fs'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import type { Hazard } from './hazard.ts'
import { hazards } from './index.ts'

const entries: [string, Hazard][] = Object.entries(hazards)

describe('hazards', () => {
  it('carry the id they are registered under, a file of that name, and SQL to replay', () => {
    for (const [id, hazard] of entries) {
      expect(hazard.id).to.equal(id)
      expect(id).to.match(/^[a-z]+(-[a-z]+)*$/)
      for (const name of ['unsafe.sql', 'safe.sql']) {
        expect(existsSync(packageFile(`fixtures/hazards/${id}/${name}`)), id).to.equal(true)
      }
    }
  })

  it('are all registered', () => {
    const supporting = new Set(['hazard.ts', 'index.ts', 'judge.ts', 'under-lock.ts', 'waiver.ts'])
    const files = readdirSync(import.meta.dirname).filter((file) => !file.endsWith('.test.ts'))
    expect(files.filter((file) => !supporting.has(file))).to.deep.equal(
      entries.map(([id]) => `${id}.ts`).toSorted(),
    )
  })

  it('say when, what and what to do in sentences', () => {
    for (const [id, { condition, effect, remedy, kysely }] of entries) {
      for (const text of [condition, effect, remedy]) expect(text, id).to.match(/^[A-Z].*\.$/)
      expect(kysely, id).to.not.equal('')
    }
  })

  it('see nothing where nothing was done', () => {
    for (const [, hazard] of entries) expect(hazard.detect([])).to.deep.equal([])
  })
})
