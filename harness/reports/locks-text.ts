import type { LockFacts, MigrationRun, Rehearsal } from '../rehearsal.ts'
import { count, duration } from './text.ts'

/**
 * What a migration did to the tables that were there, in a few parts: the strongest lock and how long it was held,
 * tables rewritten, rows read by sequential scans under a lock that stops writes. None when there is nothing to say.
 */
export function locksText({ statements }: Rehearsal, { name, direction }: MigrationRun): string[] {
  const its = statements.filter((it) => it.migration === name && it.direction === direction)
  const strongest = strongestOf(its.flatMap(({ locks }) => locks))
  const rewrites = [...new Set(its.flatMap((it) => it.rewrites))]
  const scans = its.flatMap((it) => (it.locks.some(stopsWrites) ? it.scans : []))
  return [
    ...(strongest === undefined ? [] : [lockText(strongest)]),
    ...(rewrites.length === 0 ? [] : [`rewrites ${rewrites.join(', ')}`]),
    ...scans.map(({ relation, rows }) => `reads ${count(rows, 'row')} of ${relation} under lock`),
  ]
}

function lockText({ mode, relation, heldMs }: LockFacts): string {
  return `${mode} on ${relation} ${heldMs === null ? 'to its end' : duration(heldMs)}`
}

/** The strongest mode, of several the one held longest; only modes that stop something but DDL. */
function strongestOf(locks: readonly LockFacts[]): LockFacts | undefined {
  return locks
    .filter(stopsWrites)
    .toSorted(
      (one, other) => rank(other) - rank(one) || (other.heldMs ?? Infinity) - (one.heldMs ?? Infinity),
    )[0]
}

const stopsWrites = (lock: LockFacts): boolean => rank(lock) >= 0

const rank = ({ mode }: LockFacts): number => strong.indexOf(mode)

/** Modes that conflict with ROW EXCLUSIVE, which every write takes; weakest first. */
const strong = ['SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE']
