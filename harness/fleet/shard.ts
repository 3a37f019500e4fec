import { createHash } from 'node:crypto'
import { HarnessError } from '../errors.ts'
import { median } from '../median.ts'

/** One of several machines that rehearse a fleet together, each its own databases. */
export interface Shard {
  /** 1-based. */
  readonly index: number
  readonly total: number
}

/** How long databases took before, by name, in milliseconds. */
export type Durations = ReadonlyMap<string, number>

/**
 * The names that fall to a shard, in their order. Together the shards have each name once, if all of them are given the
 * same names and durations. With durations the shards take about as long as each other: the longest first, each to
 * the shard that has the least by then; otherwise they have as many names, dealt out by a digest of them.
 */
export function shardOf<Item extends { readonly name: string }>(
  items: readonly Item[],
  { index, total }: Shard,
  durations: Durations,
): Item[] {
  const names = items.map(({ name }) => name)
  const known = names.some((name) => durations.has(name))
  const shards = known ? byDuration(names, total, durations) : byDigest(names, total)
  const mine = new Set(shards[index - 1])
  return items.filter(({ name }) => mine.has(name))
}

function byDuration(names: readonly string[], total: number, durations: Durations): string[][] {
  const shards = Array.from({ length: total }, () => ({ names: [] as string[], durationMs: 0 }))
  const expected = expectedDurations(names, durations)
  const longestFirst = names.toSorted(
    (one, other) => (expected.get(other) ?? 0) - (expected.get(one) ?? 0) || compare(one, other),
  )
  for (const name of longestFirst) {
    const least = shards.reduce((best, shard) => (shard.durationMs < best.durationMs ? shard : best))
    least.names.push(name)
    least.durationMs += expected.get(name) ?? 0
  }
  return shards.map((shard) => shard.names)
}

/** What each is expected to take: what it took, or the median of all where that is not known. */
export function expectedDurations(names: readonly string[], durations: Durations): Map<string, number> {
  const known = names.flatMap((name) => durations.get(name) ?? [])
  const usual = known.length === 0 ? 0 : median(known)
  return new Map(names.map((name) => [name, durations.get(name) ?? usual]))
}

/** Neighbours by name are often alike, so that they go to any shard but by the alphabet. */
function byDigest(names: readonly string[], total: number): string[][] {
  const shards = Array.from({ length: total }, (): string[] => [])
  const dealt = names
    .map((name) => ({ name, digest: createHash('sha256').update(name).digest('hex') }))
    .toSorted((one, other) => compare(one.digest, other.digest))
  for (const [position, { name }] of dealt.entries()) shards[position % total]?.push(name)
  return shards
}

/** By code unit, which is the same on every machine, whatever its locale. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** Where a total comes from that the system itself does not give. */
export const shardTotalVariable = 'REHEARSAL_SHARD_TOTAL'

/** Variables that tell a machine which of several it is; the first that is set counts. */
export const shardConventions = [
  { name: 'your own', index: 'REHEARSAL_SHARD_INDEX', total: shardTotalVariable, first: 1 },
  { name: 'Docker Swarm job', index: 'REHEARSAL_SWARM_SLOT', total: shardTotalVariable, first: 0 },
  { name: 'GitLab CI `parallel`', index: 'CI_NODE_INDEX', total: 'CI_NODE_TOTAL', first: 1 },
  { name: 'CircleCI `parallelism`', index: 'CIRCLE_NODE_INDEX', total: 'CIRCLE_NODE_TOTAL', first: 0 },
  {
    name: 'Buildkite `parallelism`',
    index: 'BUILDKITE_PARALLEL_JOB',
    total: 'BUILDKITE_PARALLEL_JOB_COUNT',
    first: 0,
  },
  { name: 'Kubernetes indexed Job', index: 'JOB_COMPLETION_INDEX', total: shardTotalVariable, first: 0 },
] as const

/**
 * The shard that `3/10` names, or for `auto` the one that the environment names. Throws HarnessError `invalid-option`
 * for what is none, as a machine that rehearsed everything, or nothing, would be no shard.
 */
export function parseShard(text: string, environment: Readonly<Record<string, string | undefined>>): Shard {
  if (text === 'auto') return fromEnvironment(environment)
  const [, index, total] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  return checked(Number(index), Number(total), `--shard ${text}`)
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Shard {
  for (const { index, total, first } of shardConventions) {
    const value = environment[index]
    if (value === undefined || value === '') continue
    const shown = `--shard auto with ${index}=${value} and ${total}=${environment[total] ?? ''}`
    const number = index === 'REHEARSAL_SWARM_SLOT' ? slotOf(value) : toNumber(value)
    return checked(number - first + 1, toNumber(environment[total]), shown)
  }
  const known = shardConventions.map(({ index, total }) => `${index} with ${total}`).join(', ')
  throw invalid('--shard auto finds no shard in the environment', `Set one of ${known}, or say --shard 3/10.`)
}

/** `{{.Task.Slot}}`: the slots of a job begin with 0, and for that one Swarm's template has the id of the node. */
function slotOf(text: string): number {
  return /^[a-z0-9]{25}$/.test(text) ? 0 : toNumber(text)
}

/** What is no number at all is none here, rather than 0. */
function toNumber(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN
}

function checked(index: number, total: number, shown: string): Shard {
  if (index >= 1 && index <= total && total <= 10_000) return { index, total }
  throw invalid(`${shown} is no shard`, 'Give the number of this one, from 1, and how many there are: 3/10.')
}

function invalid(why: string, hint: string): HarnessError {
  return new HarnessError('invalid-option', `Nothing was rehearsed: ${why}.`, { hint })
}
