import type { FleetDatabase } from './fleet.ts'
import { expectedDurations, type Durations } from './shard.ts'

/**
 * The order in which databases are begun: by priority, the highest first; then the longest first, so that none of
 * them is begun when the others are about to end; then as listed.
 */
export function inOrder(databases: readonly FleetDatabase[], durations: Durations): FleetDatabase[] {
  const names = databases.map(({ name }) => name)
  const expected = expectedDurations(names, durations)
  return databases.toSorted(
    (one, other) =>
      other.priority - one.priority || (expected.get(other.name) ?? 0) - (expected.get(one.name) ?? 0),
  )
}

/** The canaries among databases, which are in the order in which they are begun: those named, or so many first ones. */
export function canariesOf(
  databases: readonly FleetDatabase[],
  canary: number | readonly string[] | undefined,
): FleetDatabase[] {
  if (canary === undefined) return []
  if (typeof canary === 'number') {
    return databases.toSorted((one, other) => other.priority - one.priority).slice(0, canary)
  }
  return databases.filter(({ name }) => canary.includes(name))
}

/**
 * Does the work of all items, begun in their order, so many at the same time. When one throws, no other is begun, and
 * its error is thrown when those that were have ended.
 */
export async function inParallel<Item>(
  items: readonly Item[],
  parallel: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await work(item).catch((error: unknown) => {
        waiting.length = 0
        throw error
      })
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: parallel }, worker))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
