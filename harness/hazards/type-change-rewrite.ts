import { duration } from '../reports/text.ts'
import { alters, names } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** A column's type changes in a way that needs every row rewritten. */
export const typeChangeRewrite: Hazard = {
  id: 'type-change-rewrite',
  condition: "A column's type changes in a way that needs every row rewritten.",
  effect: 'The table and all its indexes are rewritten while nobody can use it.',
  remedy: 'Add a column of the new type, fill it in batches, and switch over in a later release.',
  kysely: `await db.schema.alterTable('listings').addColumn('price_pence', 'bigint').execute()
// the release writes both; a job fills the old rows in batches; a later release drops the old column`,
  detect: (trace) =>
    trace
      .filter((it) => alters(it) && it.rewritten.length > 0 && /\btype\b/i.test(it.text))
      .map((statement) => {
        const relations = names(statement.rewritten)
        const what = `${relations.join(', ')} is rewritten with its indexes for ${duration(statement.durationMs)} while nobody can use it`
        return { statement, relations, what, weight: { stallMs: statement.durationMs } }
      }),
}
