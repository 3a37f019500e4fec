import { duration } from '../reports/text.ts'
import { alters, heldDuring } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** TRUNCATE, CLUSTER, VACUUM FULL, REFRESH MATERIALIZED VIEW or the like replaces a relation. */
export const exclusiveMaintenance: Hazard = {
  id: 'exclusive-maintenance',
  condition: 'TRUNCATE, CLUSTER, VACUUM FULL, REFRESH MATERIALIZED VIEW or the like replaces a relation.',
  effect: 'Nobody can use the relation meanwhile.',
  remedy:
    'REFRESH CONCURRENTLY; DELETE in batches instead of TRUNCATE; pg_repack instead of VACUUM FULL and CLUSTER.',
  kysely: `await db.schema.refreshMaterializedView('totals').concurrently().execute()`,
  detect: (trace) =>
    trace
      .filter((it) => it.rewritten.length > 0 && !(alters(it) && /\b(type|add)\b/i.test(it.text)))
      .flatMap((statement) => {
        const held = new Set(
          heldDuring(trace, statement, ['ACCESS EXCLUSIVE']).map(({ lock }) => lock.relation),
        )
        const relations = statement.rewritten.map(({ name }) => name).filter((name) => held.has(name))
        if (relations.length === 0) return []
        const what = `${relations.join(', ')} is replaced in ${duration(statement.durationMs)} while nobody can use it`
        return [{ statement, relations, what, weight: { stallMs: statement.durationMs } }]
      }),
}
