import { count, duration } from '../reports/text.ts'
import { alters, scannedUnderLock } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** A column is set NOT NULL and no validated check says so already. */
export const setNotNullScan: Hazard = {
  id: 'set-not-null-scan',
  condition: 'A column is set NOT NULL and no validated check says so already.',
  effect: 'The whole table is read while nobody can use it.',
  remedy:
    'Add a CHECK (column IS NOT NULL) NOT VALID, validate it in a later migration, then SET NOT NULL reads nothing.',
  kysely: `await sql\`alter table listings add constraint price_there check (price is not null) not valid\`.execute(db)
// in a later release
await sql\`alter table listings validate constraint price_there\`.execute(db)
// and after that
await db.schema.alterTable('listings').alterColumn('price', (column) => column.setNotNull()).execute()`,
  detect: (trace) =>
    trace
      .filter((it) => alters(it) && /\bset\s+not\s+null\b/i.test(it.text))
      .flatMap((statement) => {
        const scans = scannedUnderLock(trace, statement, ['ACCESS EXCLUSIVE'])
        const [first] = scans
        if (first === undefined || statement.built.length > 0) return []
        const what = `SET NOT NULL reads ${count(first.rows, 'row')} of ${first.relation.name} for ${duration(statement.durationMs)} while nobody can use the table`
        const relations = scans.map(({ relation }) => relation.name)
        return [{ statement, relations, what, weight: { stallMs: statement.durationMs } }]
      }),
}
