import { readdir } from 'node:fs/promises'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from '../docs.ts'
import { withTemporary } from '../testing/temporary.ts'
import { squawkAdvice } from './squawk.ts'

const index = {
  migration: '001',
  direction: 'up',
  text: 'create index listings_price on listings (price)',
} as const

describe('advice of Squawk', () => {
  it('is a notice for each migration and direction, and leaves no file', async function () {
    const cwd = packageFile('.')
    const there = await execa('squawk', ['--version'], { preferLocal: true, localDir: cwd, reject: false })
    if (there.exitCode !== 0) {
      console.log('      skipped: there is no squawk')
      this.skip()
    }
    const statements = [index, { ...index, direction: 'down', text: 'drop index listings_price' }] as const
    const [up, ...rest] = await withTemporary(async (scratch) => {
      const findings = await squawkAdvice(statements, { cwd, scratch })
      expect(await readdir(scratch)).to.deep.equal([])
      return findings
    })
    expect(up).to.deep.include({ id: 'squawk-advice', severity: 'notice', subject: '001' })
    expect(up?.message).to.include('require-concurrent-index-creation')
    expect(rest.map(({ severity, subject }) => [severity, subject])).to.deep.equal([['notice', '001 (down)']])
  })

  it('is none where there is no Squawk', () =>
    withTemporary(async (cwd) => {
      const path = process.env['PATH']
      process.env['PATH'] = cwd
      try {
        expect(await squawkAdvice([index], { cwd, scratch: cwd })).to.deep.equal([])
      } finally {
        process.env['PATH'] = path
      }
    }))
})
