import { expect } from 'chai'
import { requireWhole } from './wal.ts'

const set = {
  label: '20260131-020000F',
  bytes: 1,
  repository: 1,
  archive: '15-1',
  walFrom: '0000000100000000000000FE',
  systemIdentifier: '1',
}

describe('the WAL of a repository', () => {
  const whole = ['0000000100000000000000FE', '0000000100000000000000FF', '000000010000000100000000']
  const cases = [
    ['goes on in the next log file', whole, true],
    [
      'goes on with another timeline',
      [...whole, '000000020000000100000000', '000000020000000100000001'],
      true,
    ],
    ['lacks its first file', whole.slice(1), false],
    ['lacks one in between', ['0000000100000000000000FE', '000000010000000100000000'], false],
  ] as const
  for (const [what, names, passes] of cases) {
    it(`${passes ? 'is whole' : 'has a hole'} when it ${what}`, () => {
      const wal = {
        names,
        last: names.at(-1) ?? '',
        archivedAt: new Date(),
        segments: names.map((name) => ({ name, archivedMs: 0 })),
      }
      const look = () => requireWhole(set, wal, 16 * 2 ** 20)
      if (passes) expect(look).not.to.throw()
      else expect(look).to.throw(/lacks WAL that recovery from 20260131-020000F needs/)
    })
  }
})
