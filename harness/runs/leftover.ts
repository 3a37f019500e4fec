import { isAlive, isOnThisHost } from './owner.ts'
import type { Owner } from './run.ts'

/**
 * What belongs to another host, or to nobody known, counts as left behind after two days: nobody here can ask that
 * host, and what a build agent left would stay for ever.
 */
export const strangerAgeMs = 48 * 3_600_000

export interface Leaving {
  readonly owner: Owner | undefined
  readonly wasKept: boolean
  readonly ageMs: number
}

/**
 * Whether something that a run made is to be removed: what was kept only with `kept`, whoever made it here; anything
 * else when its owner is dead, for what a living rehearsal uses is no leaving.
 */
export function isLeftover({ owner, wasKept, ageMs }: Leaving, kept: boolean): boolean {
  if (wasKept && !kept) return false
  if (owner === undefined || !isOnThisHost(owner)) return ageMs > strangerAgeMs
  return wasKept || !isAlive(owner)
}
