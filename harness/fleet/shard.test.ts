import { expect } from 'chai'
import { HarnessError } from '../errors.ts'
import { parseShard, shardOf } from './shard.ts'

describe('shards', () => {
  for (const number of [1, 2, 7, 60, 1_000]) {
    for (const total of [1, 2, 3, 10, 64]) {
      it(`have each of ${number} databases once, ${total} of them`, () => {
        const random = mulberry32(number * 100 + total)
        const names = Array.from(
          { length: number },
          (_, index) => `tenant-${index}-${Math.floor(random() * 1e6)}`,
        )
        const some = names.filter(() => random() < 0.7)
        const known = new Map(some.map((name) => [name, Math.exp(9 + 2 * random())]))
        for (const durations of [new Map<string, number>(), known]) {
          const dealt = dealOut(names, total, durations)
          expect(dealt.flat().toSorted()).to.deep.equal(names.toSorted())
          // The order in which they are listed is nothing that machines must agree on.
          const other = dealOut(names.toReversed(), total, durations)
          expect(other.map((shard) => shard.toSorted())).to.deep.equal(dealt.map((shard) => shard.toSorted()))
          const sizes = dealt.map((shard) => shard.length)
          if (durations.size === 0) expect(Math.max(...sizes) - Math.min(...sizes)).to.be.at.most(1)
        }
      })
    }
  }

  it('take about as long as each other when durations are known', () => {
    const random = mulberry32(1)
    const names = Array.from({ length: 200 }, (_, index) => `tenant-${index}`)
    const durations = new Map(names.map((name) => [name, Math.exp(10 + 2 * random())]))
    const load = (shard: readonly string[]) =>
      shard.reduce((sum, name) => sum + (durations.get(name) ?? 0), 0)
    const loads = dealOut(names, 10, durations).map(load)
    expect(Math.max(...loads) / (load(names) / 10)).to.be.below(1.02)
  })

  it('know databases without a duration as usual ones', () => {
    const durations = new Map([
      ['a', 1_000],
      ['b', 1_000],
      ['c', 1_000],
    ])
    expect(dealOut(['a', 'b', 'c', 'new'], 2, durations).map(({ length }) => length)).to.deep.equal([2, 2])
  })

  const found = [
    { text: '3/10', environment: {}, shard: { index: 3, total: 10 } },
    { text: 'auto', environment: { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '5' }, shard: { index: 2, total: 5 } },
    {
      text: 'auto',
      environment: { JOB_COMPLETION_INDEX: '0', REHEARSAL_SHARD_TOTAL: '4' },
      shard: { index: 1, total: 4 },
    },
    {
      text: 'auto',
      environment: { REHEARSAL_SHARD_INDEX: '4', REHEARSAL_SHARD_TOTAL: '4' },
      shard: { index: 4, total: 4 },
    },
    // Slot 0 of a job, whose template has the id of the node.
    {
      text: 'auto',
      environment: { REHEARSAL_SWARM_SLOT: 'i7lpx1rnpfk6kth0rfqzq9bul', REHEARSAL_SHARD_TOTAL: '4' },
      shard: { index: 1, total: 4 },
    },
    {
      text: 'auto',
      environment: { REHEARSAL_SWARM_SLOT: '3', REHEARSAL_SHARD_TOTAL: '4' },
      shard: { index: 4, total: 4 },
    },
    {
      text: 'auto',
      environment: { BUILDKITE_PARALLEL_JOB: '0', BUILDKITE_PARALLEL_JOB_COUNT: '3' },
      shard: { index: 1, total: 3 },
    },
    {
      text: 'auto',
      environment: { CIRCLE_NODE_INDEX: '2', CIRCLE_NODE_TOTAL: '3' },
      shard: { index: 3, total: 3 },
    },
  ]
  for (const { text, environment, shard } of found) {
    it(`${shard.index} of ${shard.total} is ${text} of ${JSON.stringify(environment)}`, () => {
      expect(parseShard(text, environment)).to.deep.equal(shard)
    })
  }

  const refused = [
    { text: '0/3', environment: {} },
    { text: '4/3', environment: {} },
    { text: '1', environment: {} },
    { text: 'auto', environment: {} },
    { text: 'auto', environment: { JOB_COMPLETION_INDEX: '0' } },
    { text: 'auto', environment: { REHEARSAL_SWARM_SLOT: '4', REHEARSAL_SHARD_TOTAL: '4' } },
    { text: 'auto', environment: { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '' } },
    { text: 'auto', environment: { CI_NODE_INDEX: '0', CI_NODE_TOTAL: '2' } },
  ]
  for (const { text, environment } of refused) {
    it(`are none of ${text} of ${JSON.stringify(environment)}`, () => {
      expect(() => parseShard(text, environment)).to.throw(HarnessError, 'Nothing was rehearsed')
    })
  }
})

function dealOut(
  names: readonly string[],
  total: number,
  durations: ReadonlyMap<string, number>,
): string[][] {
  const items = names.map((name) => ({ name }))
  return Array.from({ length: total }, (_, index) =>
    shardOf(items, { index: index + 1, total }, durations).map(({ name }) => name),
  )
}

/** Random numbers that are the same in every run. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
