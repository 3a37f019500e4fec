import type { LockFacts, Rehearsal } from '../rehearsal.ts'
import { probeLines } from './probes-text.ts'
import { duration } from './text.ts'

/** What clients would feel in production, a line each, worst first; measured where it was, else from the locks. */
export function feltLines(rehearsal: Rehearsal): string[] {
  const { probes, statements, migrations, questions, stages } = rehearsal
  const measured = probeLines(rehearsal)
  if (measured.length > 0) return measured
  if (!migrations.some(({ status }) => status !== 'not-executed')) return []
  const observed = stages.some(({ name, status }) => name === 'locks' && status === 'completed')
  if (!observed)
    return [
      questions.includes('locks')
        ? 'Not known: locks could not be observed.'
        : 'Not known: neither locks nor probes were asked for (--ask locks,probes).',
    ]
  const worst = statements.flatMap(({ locks, migration, direction }) =>
    locks.flatMap((lock) =>
      stops(lock) === undefined ? [] : [{ lock, during: `${migration} (${direction})` }],
    ),
  )
  if (worst.length === 0)
    return [
      'No lock that stops reads or writes of tables that were there before. Nobody measured it: ask for probes.',
    ]
  const relations = Map.groupBy(worst, ({ lock }) => lock.relation)
  const longest = [...relations.values()].flatMap(
    (its) => its.toSorted((one, other) => weight(other.lock) - weight(one.lock))[0] ?? [],
  )
  const lines = longest
    .toSorted((one, other) => weight(other.lock) - weight(one.lock))
    .map(({ lock, during }) => `${lock.relation}: ${stops(lock)} ${heldText(lock)}, during ${during}`)
  return [
    ...lines,
    ...(probes === undefined ? ['Told by the locks; probes (--ask probes) would measure it.'] : []),
  ]
}

function heldText({ heldMs }: LockFacts): string {
  return heldMs === null ? 'until the transaction ends' : `for ${duration(heldMs)}`
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
