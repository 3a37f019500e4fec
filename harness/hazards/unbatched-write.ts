import { count, duration } from '../reports/text.ts'
import type { Hazard } from './hazard.ts'

/** One statement updates or deletes 10,000 rows or more. */
export const unbatchedWrite: Hazard = {
  id: 'unbatched-write',
  condition: 'One statement updates or deletes 10,000 rows or more.',
  effect:
    'Clients that write the same rows wait to the end of the transaction; WAL, replica lag and bloat come in one go.',
  remedy: 'Write in batches, each in a transaction of its own.',
  kysely: `// outside a transaction: repeat until no row is left
await sql\`update listings set postage = 0 where id in (
  select id from listings where postage is null limit 5000)\`.execute(db)`,
  detect: (trace) =>
    trace
      .filter(({ tags }) => tags.some((tag) => /^(UPDATE|DELETE|MERGE|DO)\b/.test(tag)))
      .flatMap((statement) => {
        const largest = statement.writes.toSorted((one, other) => other.rows - one.rows)[0]
        if (largest === undefined || largest.rows < 10_000) return []
        const what = `${count(largest.rows, 'row')} of ${largest.relation.name} are written by one statement in ${duration(statement.durationMs)}`
        const weight = { stallMs: statement.durationMs }
        return [{ statement, relations: [largest.relation.name], what, weight }]
      }),
}
