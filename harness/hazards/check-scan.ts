import { count, duration } from '../reports/text.ts'
import { alters, scannedUnderLock } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** A check constraint is added that is validated at once, on its own or with a column. */
export const checkScan: Hazard = {
  id: 'check-scan',
  condition: 'A check constraint is added that is validated at once, on its own or with a column.',
  effect: 'The whole table is read while nobody can use it, also when the column is new and empty.',
  remedy: 'Add the constraint NOT VALID and validate it in a transaction of its own.',
  kysely: `await sql\`alter table listings add constraint price_positive check (price > 0) not valid\`.execute(db)
// in a later release
await sql\`alter table listings validate constraint price_positive\`.execute(db)`,
  detect: (trace) =>
    trace
      .filter((it) => alters(it) && /\bcheck\b/i.test(it.text) && !/\bset\s+not\s+null\b/i.test(it.text))
      .flatMap((statement) => {
        const scans = scannedUnderLock(trace, statement, ['ACCESS EXCLUSIVE'])
        const [first] = scans
        if (first === undefined || statement.built.length > 0) return []
        const what = `The check reads ${count(first.rows, 'row')} of ${first.relation.name} for ${duration(statement.durationMs)} while nobody can use the table`
        const relations = scans.map(({ relation }) => relation.name)
        return [{ statement, relations, what, weight: { stallMs: statement.durationMs } }]
      }),
}
