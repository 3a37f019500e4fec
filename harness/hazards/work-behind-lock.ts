import { count, duration } from '../reports/text.ts'
import { isMostOf } from './backfill-behind-lock.ts'
import { laterInTransaction, stopsWrites, takes } from './under-lock.ts'
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
    trace
      .filter(({ transaction }) => transaction !== null)
      .flatMap((statement) => {
        const longest = takes(statement, stopsWrites).toSorted(
          (one, other) => (other.heldMs ?? 0) - (one.heldMs ?? 0),
        )[0]
        const heldMs = longest?.heldMs ?? 0
        if (longest === undefined || heldMs - statement.durationMs < worthTellingMs) return []
        const later = laterInTransaction(trace, statement)
        // Then the backfill is what there is to tell.
        if (later.length === 0 || later.some((it) => isMostOf(it, heldMs))) return []
        const what = `${longest.mode} on ${longest.relation} is held for ${duration(heldMs)}, of which the statement itself takes ${duration(statement.durationMs)}, with ${count(later.length, 'statement')} behind it in the transaction`
        return [{ statement, relations: [longest.relation], what, weight: { stallMs: heldMs } }]
      }),
}

/** Less is the time that statements take anyway. */
const worthTellingMs = 10
