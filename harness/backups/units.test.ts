import { expect } from 'chai'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { doUnits, type Unit } from './units.ts'

interface Named extends Unit {
  readonly name: string
}

const unit = (name: string, given: Partial<Unit> = {}): Named => ({
  name,
  weight: 1,
  shares: [],
  takes: [],
  after: [],
  ...given,
})

async function order(units: readonly Named[], workers: number): Promise<string[]> {
  const log: string[] = []
  await doUnits(units, workers, async ({ name, weight }) => {
    log.push(`+${name}`)
    // Turns of the event loop, not time: on a busy machine two timers are due at once.
    for (let turns = 0; turns < weight; turns += 1) await turn()
    log.push(`-${name}`)
  })
  return log
}

describe('pieces of work on tables', () => {
  it('begin with the heaviest, as many at a time as there are workers', async () => {
    const log = await order([unit('small'), unit('large', { weight: 30 }), unit('middle', { weight: 10 })], 2)
    expect(log).to.deep.equal(['+large', '+middle', '-middle', '+small', '-small', '-large'])
  })

  it('wait for what must be done before, and for tables that others have', async () => {
    const load = unit('load', { takes: [1], weight: 9 })
    const index = unit('index', { shares: [1], after: [load] })
    const other = unit('other', { shares: [1], after: [load] })
    const key = unit('key', { takes: [1], after: [load], weight: 5 })
    const log = await order([index, other, key, load], 3)
    expect(log.slice(0, 4)).to.deep.equal(['+load', '-load', '+key', '-key'])
    expect(log.slice(4, 6)).to.deep.equal(['+index', '+other'])
  })

  it('stop at the first error, once those that had begun have ended', async () => {
    const ended: string[] = []
    const error = await doUnits(
      [unit('bad', { weight: 3 }), unit('good', { weight: 2 }), unit('never')],
      2,
      async ({ name }) => {
        if (name === 'bad') throw new Error('bad')
        await sleep(20)
        ended.push(name)
      },
    ).catch((thrown: unknown) => thrown)
    expect(error).to.be.an('error').with.property('message', 'bad')
    expect(ended).to.deep.equal(['good'])
  })

  it('that wait for each other are an error', async () => {
    const never = unit('never')
    const error = await doUnits([unit('waits', { after: [never] })], 2, async () => {}).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.an('error').with.property('message', '1 pieces of work wait for each other.')
  })
})
