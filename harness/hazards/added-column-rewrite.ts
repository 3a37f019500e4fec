import { duration } from '../reports/text.ts'
import { alters, names } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** A column is added whose value differs from row to row: a volatile default, serial, identity, generated stored. */
export const addedColumnRewrite: Hazard = {
  id: 'added-column-rewrite',
  condition:
    'A column is added whose value differs from row to row: a volatile default, serial, identity, generated stored.',
  effect: 'The table and all its indexes are rewritten while nobody can use it.',
  remedy: 'Add the column without it, set the default for new rows, and fill the old rows in batches.',
  kysely: `await db.schema.alterTable('listings').addColumn('token', 'uuid').execute()
await db.schema.alterTable('listings')
  .alterColumn('token', (column) => column.setDefault(sql\`gen_random_uuid()\`)).execute()`,
  detect: (trace) =>
    trace
      .filter(
        (it) =>
          alters(it) && it.rewritten.length > 0 && /\badd\b/i.test(it.text) && !/\btype\b/i.test(it.text),
      )
      .map((statement) => {
        const relations = names(statement.rewritten)
        const what = `${relations.join(', ')} is rewritten with its indexes for ${duration(statement.durationMs)} while nobody can use it`
        return { statement, relations, what, weight: { stallMs: statement.durationMs } }
      }),
}
