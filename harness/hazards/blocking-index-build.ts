import { duration } from '../reports/text.ts'
import { heldDuring, stopsWrites } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** An index is built or rebuilt without CONCURRENTLY on a table that was there before. */
export const blockingIndexBuild: Hazard = {
  id: 'blocking-index-build',
  condition: 'An index is built or rebuilt without CONCURRENTLY on a table that was there before.',
  effect: 'Writes wait until the index is built; reads go on.',
  remedy: 'Build it CONCURRENTLY, which needs a migration that runs outside a transaction.',
  kysely: `// in a Migrator with disableTransactions: true
await sql\`create index concurrently listings_price on listings (price)\`.execute(db)`,
  detect: (trace) =>
    trace
      .filter(({ tags }) => tags.includes('CREATE INDEX') || tags.includes('REINDEX'))
      .filter(({ seen }) => seen === 'inside')
      .flatMap((statement) => {
        const tables = new Set([
          ...statement.built.map(({ table }) => table),
          ...statement.scans.map(({ relation }) => relation.name),
        ])
        const held = heldDuring(trace, statement, stopsWrites).filter(({ lock }) => tables.has(lock.relation))
        const relations = [...new Set(held.map(({ lock }) => lock.relation))]
        const what = `An index is built in ${duration(statement.durationMs)} while nobody can write to ${relations.join(', ')}`
        const stallMs = statement.durationMs
        return relations.length === 0 ? [] : [{ statement, relations, what, weight: { stallMs } }]
      }),
}
