import type { LockFacts, Rehearsal } from '../rehearsal.ts'
import { probeLines } from './probes-text.ts'
import { duration } from './text.ts'

/** What clients would feel in production, a line each, worst first; measured where it was, else told by the locks. */
export function feltLines(rehearsal: Rehearsal): string[] {
  const measured = probeLines(rehearsal)
  if (measured.length > 0) return measured
  const { migrations, questions, stages } = rehearsal
  if (!migrations.some(({ status }) => status !== 'not-executed')) return []
  const why = questions.includes('probes')
    ? 'Not measured, as nothing could be probed'
    : 'Not measured (--ask probes would)'
  const observed = stages.some(({ name, status }) => name === 'locks' && status === 'completed')
  if (!observed) return [`${why}, and locks were not observed either: nothing is known.`]
  const lines = lockLines(rehearsal)
  return lines.length === 0
    ? [`${why}; no lock stopped reads or writes of a table that was there before.`]
    : [`${why}; by the locks that were held:`, ...lines]
}

/** The worst lock on each relation. */
function lockLines({ statements }: Rehearsal): string[] {
  const stopping = statements.flatMap(({ locks, migration, direction }) =>
    locks.flatMap((lock) =>
      stops(lock) === undefined ? [] : [{ lock, during: `${migration} (${direction})` }],
    ),
  )
  const heaviestFirst = stopping.toSorted((one, other) => weight(other.lock) - weight(one.lock))
  const relations = Map.groupBy(heaviestFirst, ({ lock }) => lock.relation)
  return [...relations.values()].flatMap(([worst]) =>
    worst === undefined
      ? []
      : [`${worst.lock.relation}: ${stops(worst.lock)} ${heldText(worst.lock)}, during ${worst.during}`],
  )
}

function heldText({ heldMs }: LockFacts): string {
  return heldMs === null ? 'until the transaction ends' : `for up to ${duration(heldMs)}`
}

/** In what a client does that conflicts: https://www.postgresql.org/docs/current/explicit-locking.html */
function stops({ mode }: LockFacts): string | undefined {
  if (mode === 'ACCESS EXCLUSIVE') return 'reads and writes wait'
  return ['EXCLUSIVE', 'SHARE ROW EXCLUSIVE', 'SHARE'].includes(mode) ? 'writes wait' : undefined
}

/** Reads weigh more than writes; within, longer more. */
function weight({ mode, heldMs }: LockFacts): number {
  return (mode === 'ACCESS EXCLUSIVE' ? 1e9 : 0) + Math.min(heldMs ?? 1e8, 1e8)
}
