import type { Snapshot } from './store.ts'

/** What may stay; undefined is no limit. */
export interface PruneLimits {
  readonly keepLast?: number | undefined
  readonly maxBytes?: number | undefined
  readonly maxAgeMs?: number | undefined
}

/** The snapshots to remove, least recently used first; never one that clones run on, nor `spare`. */
export function snapshotsToPrune(
  all: readonly Snapshot[],
  { keepLast = Infinity, maxBytes = Infinity, maxAgeMs = Infinity }: PruneLimits,
  { now, spare }: { now: Date; spare?: string | undefined },
): Snapshot[] {
  const oldestFirst = all.toSorted((one, other) => one.lastUsedAt.getTime() - other.lastUsedAt.getTime())
  let left = all.length
  let bytes = all.reduce((sum, { frozen }) => sum + frozen.bytes, 0)
  return oldestFirst.filter(({ key, frozen, clones, lastUsedAt }) => {
    const tooOld = now.getTime() - lastUsedAt.getTime() > maxAgeMs
    if (clones > 0 || key === spare || !(left > keepLast || bytes > maxBytes || tooOld)) return false
    left -= 1
    bytes -= frozen.bytes
    return true
  })
}
