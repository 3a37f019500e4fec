import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { canariesOf, inOrder, inParallel } from './schedule.ts'

const database = (name: string, priority = 0) => ({ name, priority, settings: {} })
const namesOf = (databases: readonly { readonly name: string }[]) => databases.map(({ name }) => name)

describe('the order of a fleet', () => {
  const databases = [database('a'), database('b', 1), database('c'), database('d', 1), database('e')]

  it('is by priority, then the longest first, then as listed', () => {
    const durations = new Map([
      ['c', 900],
      ['a', 100],
      ['d', 50],
    ])
    // What is not known counts as usual: b and e as 100 ms.
    expect(namesOf(inOrder(databases, durations))).to.deep.equal(['b', 'd', 'c', 'a', 'e'])
    expect(namesOf(inOrder(databases, new Map()))).to.deep.equal(['b', 'd', 'a', 'c', 'e'])
  })

  it('begins with canaries: those named, or so many of the first by priority', () => {
    expect(namesOf(canariesOf(databases, 3))).to.deep.equal(['b', 'd', 'a'])
    expect(namesOf(canariesOf(databases, ['e', 'a']))).to.deep.equal(['a', 'e'])
    expect(canariesOf(databases, undefined)).to.deep.equal([])
  })
})

describe('work in parallel', () => {
  it('is begun in order, never more than allowed at once, and all of it done', async () => {
    const begun: number[] = []
    let atOnce = 0
    let most = 0
    const items = Array.from({ length: 20 }, (_, index) => index)
    await inParallel(items, 3, async (item) => {
      begun.push(item)
      most = Math.max(most, (atOnce += 1))
      await sleep(1 + (item % 4))
      atOnce -= 1
    })
    expect(begun).to.deep.equal(items)
    expect(most).to.equal(3)
    expect(atOnce).to.equal(0)
  })

  it('begins nothing more when one fails, and waits for the others', async () => {
    const ended: number[] = []
    const work = inParallel([1, 2, 3, 4], 2, async (item) => {
      await sleep(item === 1 ? 1 : 20)
      if (item === 1) throw new Error('one')
      ended.push(item)
    })
    expect(await work.catch(String)).to.equal('Error: one')
    expect(ended).to.deep.equal([2])
  })
})
