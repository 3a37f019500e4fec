import { count, duration } from '../reports/text.ts'
import { stopsWrites, takes } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** After a lock that stops writes, the same transaction goes on with other work. */
export const workBehindLock: Hazard = {
  id: 'work-behind-lock',
  condition: 'After a lock that stops writes, the same transaction goes on with other work.',
  effect: 'The lock is kept to the end of the transaction; Kysely runs all pending migrations in one.',
  remedy:
    'Put the statement that takes the lock last, or the migrations in releases or transactions of their own.',
  kysely: `new Migrator({ db, provider, disableTransactions: true }) // each statement by itself, or:
await migrator.migrateTo('2025_01_01_add_column') // one migration at a time`,
  detect: (trace) =>
    trace.flatMap((statement) => {
      const later = trace.filter(
        (it) =>
          it.transaction !== null &&
          it.transaction === statement.transaction &&
          trace.indexOf(it) > trace.indexOf(statement),
      )
      if (later.length === 0 || later.some(({ writes }) => writes.length > 0)) return []
      const longest = takes(statement, stopsWrites).toSorted(
        (one, other) => (other.heldMs ?? 0) - (one.heldMs ?? 0),
      )[0]
      if (longest === undefined || (longest.heldMs ?? 0) - statement.durationMs < worthTellingMs) return []
      const what = `${longest.mode} on ${longest.relation} is held for ${duration(longest.heldMs ?? 0)}, of which the statement itself takes ${duration(statement.durationMs)}; ${count(later.length, 'statement')} come behind it`
      return [{ statement, relations: [longest.relation], what, weight: { stallMs: longest.heldMs ?? 0 } }]
    }),
}

/** Less is the time that statements take anyway. */
const worthTellingMs = 10
