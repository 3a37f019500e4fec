import { count, duration } from '../reports/text.ts'
import type { TracedStatement } from '../trace/traced.ts'
import { heldBefore, stopsWrites } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** Rows are written in the same transaction after a lock that stops writes. */
export const backfillBehindLock: Hazard = {
  id: 'backfill-behind-lock',
  condition: 'Rows are written in the same transaction after a lock that stops writes.',
  effect:
    'The lock is kept while the rows are written, so the change of the schema lasts as long as the backfill.',
  remedy: 'Split it: the schema in one migration and release, the backfill in another, in batches.',
  kysely: `// release 1
await db.schema.alterTable('listings').addColumn('postage', 'integer').execute()
// release 2, outside a transaction: repeat until no row is left
await sql\`update listings set postage = 0 where id in (
  select id from listings where postage is null limit 5000)\`.execute(db)`,
  detect: (trace) =>
    trace
      .filter(({ writes, rewritten }) => writes.length > 0 && rewritten.length === 0)
      .flatMap((statement) => {
        const held = heldBefore(trace, statement, stopsWrites)
        const longest = held.toSorted((one, other) => (other.lock.heldMs ?? 0) - (one.lock.heldMs ?? 0))[0]
        const [written] = statement.writes
        if (longest === undefined || written === undefined) return []
        const { relation, mode } = longest.lock
        const heldMs = longest.lock.heldMs ?? 0
        if (written.rows < worthTellingRows && !isMostOf(statement, heldMs)) return []
        const what = `Writing ${count(written.rows, 'row')} of ${written.relation.name} takes ${duration(statement.durationMs)} of the ${duration(heldMs)} for which ${mode} on ${relation} is held`
        const stallMs = isMostOf(statement, heldMs) ? heldMs : statement.durationMs
        return [{ statement, relations: [relation], what, weight: { stallMs } }]
      }),
}

/** Whether a statement that writes rows is what a lock was held for so long. */
export function isMostOf({ writes, durationMs }: TracedStatement, heldMs: number): boolean {
  return writes.length > 0 && durationMs >= heldMs / 2
}

/** Fewer are what migrations write into small tables, such as a new kind of something. */
const worthTellingRows = 100
