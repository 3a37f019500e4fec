import { expect } from 'chai'
import { snapshotsToPrune, type PruneLimits } from './prune.ts'
import type { Snapshot } from './store.ts'

const now = new Date('2026-03-10T00:00:00Z')
const dayMs = 86_400_000

/** `a` was used today, `b` a day ago, and so on; each takes 10 bytes. */
function stored(names: string, inUse = ''): Snapshot[] {
  return [...names].map((key, days) => ({
    key,
    frozen: { place: key, controlDigest: '', bytes: 10 },
    clones: inUse.includes(key) ? 1 : 0,
    lastUsedAt: new Date(now.getTime() - days * dayMs),
    record: {
      madeAt: now.toISOString(),
      backup: { path: key, bytes: 1, sha256: '' },
      serverVersion: '17.10',
      server: 'embedded',
      database: 'rehearsal',
      pristine: true,
      restore: { summary: '', findings: [], masking: [], restoreMs: 1 },
    },
  }))
}

describe('pruning snapshots', () => {
  const cases: [
    title: string,
    limits: PruneLimits,
    options: { inUse?: string; spare?: string },
    gone: string,
  ][] = [
    ['removes nothing without a limit', {}, {}, ''],
    ['leaves as many as are to be kept, those used last', { keepLast: 2 }, {}, 'dc'],
    ['removes the least recently used ones until all fit', { maxBytes: 25 }, {}, 'dc'],
    ['removes nothing that fits exactly', { maxBytes: 40 }, {}, ''],
    ['removes what has not been used for so long', { maxAgeMs: 1.5 * dayMs }, {}, 'dc'],
    ['leaves what clones run on, and removes others instead', { maxBytes: 25 }, { inUse: 'd' }, 'cb'],
    ['leaves the one that was just made', { maxBytes: 0 }, { spare: 'a' }, 'dcb'],
    ['takes every limit', { keepLast: 3, maxAgeMs: 0.5 * dayMs }, {}, 'dcb'],
  ]
  for (const [title, limits, { inUse, spare }, gone] of cases) {
    it(title, () => {
      const pruned = snapshotsToPrune(stored('abcd', inUse), limits, { now, spare })
      expect(pruned.map(({ key }) => key).join('')).to.equal(gone)
    })
  }
})
