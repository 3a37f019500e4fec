import { duration } from '../reports/text.ts'
import { alters, heldDuring } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** A unique, primary key or exclusion constraint builds its index on a table that was there before. */
export const constraintIndexBuild: Hazard = {
  id: 'constraint-index-build',
  condition:
    'A unique, primary key or exclusion constraint builds its index on a table that was there before.',
  effect: 'Reads and writes wait until the index is built.',
  remedy:
    'Build a unique index CONCURRENTLY and attach it with USING INDEX. Exclusion constraints have no such form.',
  kysely: `await sql\`create unique index concurrently users_email on users (email)\`.execute(db) // outside a transaction
await sql\`alter table users add constraint users_email unique using index users_email\`.execute(db)`,
  detect: (trace) =>
    trace
      .filter((it) => alters(it) && it.built.length > 0)
      .flatMap((statement) => {
        const held = new Set(
          heldDuring(trace, statement, ['ACCESS EXCLUSIVE']).map(({ lock }) => lock.relation),
        )
        const rewritten = new Set(statement.rewritten.map(({ name }) => name))
        const relations = statement.built
          .map(({ table }) => table)
          .filter((table) => held.has(table) && !rewritten.has(table))
        if (relations.length === 0) return []
        const what = `An index is built in ${duration(statement.durationMs)} while nobody can use ${relations.join(', ')}`
        return [{ statement, relations, what, weight: { stallMs: statement.durationMs } }]
      }),
}
