import { count, duration } from '../reports/text.ts'
import { alters, scannedUnderLock, stopsWrites } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** A foreign key is added that is validated at once. */
export const foreignKeyScan: Hazard = {
  id: 'foreign-key-scan',
  condition: 'A foreign key is added that is validated at once.',
  effect: 'Nobody can write to either table while the rows are checked; the parent is stopped too.',
  remedy:
    'Add the foreign key NOT VALID and validate it in a transaction of its own, which lets writes pass.',
  kysely: `await sql\`alter table listings add constraint listings_comic foreign key (comic_id) references comics not valid\`.execute(db)
// in a later release
await sql\`alter table listings validate constraint listings_comic\`.execute(db)`,
  detect: (trace) =>
    trace
      .filter((it) => alters(it) && /\breferences\b/i.test(it.text))
      .flatMap((statement) => {
        const scans = scannedUnderLock(trace, statement, stopsWrites)
        if (scans.length === 0) return []
        const relations = scans.map(({ relation }) => relation.name)
        const rows = scans.reduce((sum, scan) => sum + scan.rows, 0)
        const what = `The foreign key reads ${count(rows, 'row')} for ${duration(statement.durationMs)} while nobody can write to ${relations.join(' and ')}`
        return [{ statement, relations, what, weight: { stallMs: statement.durationMs } }]
      }),
}
