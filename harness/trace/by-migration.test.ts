import { expect } from 'chai'
import { byMigration } from './by-migration.ts'

describe('statements by migration', () => {
  const at = (startedAt: number, text = `at ${startedAt}`) => ({ startedAt, text })
  const texts = (assigned: readonly (readonly { text: string }[])[]): string[][] =>
    assigned.map((statements) => statements.map(({ text }) => text))

  it('go to the window in which they began', () => {
    const statements = [at(5), at(10), at(15.25), at(20), at(25), at(30.5), at(99)]
    const windows = [
      { startedAt: 10, endedAt: 20 },
      { startedAt: 30, endedAt: 40 },
    ]
    expect(texts(byMigration(statements, windows))).to.deep.equal([
      ['at 10', 'at 15.25', 'at 20'],
      ['at 30.5'],
    ])
  })

  it('go to a window that never ended until the next one begins', () => {
    const windows = [
      { startedAt: 10, endedAt: null },
      { startedAt: 30, endedAt: null },
    ]
    expect(texts(byMigration([at(20), at(31), at(1e12)], windows))).to.deep.equal([
      ['at 20'],
      ['at 31', `at ${1e12}`],
    ])
  })

  it("leave out the harness's own", () => {
    const statements = [at(1, '/* pg-rehearsal */ select 1'), at(2, 'select /* pg-rehearsal */ 1')]
    expect(texts(byMigration(statements, [{ startedAt: 0, endedAt: 9 }]))).to.deep.equal([
      ['select /* pg-rehearsal */ 1'],
    ])
  })

  it('are none for a window without statements', () => {
    expect(byMigration([], [{ startedAt: 0, endedAt: 1 }])).to.deep.equal([[]])
  })
})
