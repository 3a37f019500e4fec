import { duration } from '../reports/text.ts'
import { takes } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** Dropping a table or a foreign key locks the other table as well. */
export const parentLockedByDrop: Hazard = {
  id: 'parent-locked-by-drop',
  condition: 'Dropping a table or a foreign key locks the other table as well.',
  effect:
    'Nobody can use the parent until the transaction ends; making the foreign key only stopped writes. Often in down.',
  remedy: 'Drop the foreign key in a transaction of its own with a lock_timeout, before the table.',
  kysely: `await sql\`set local lock_timeout = '2s'\`.execute(db)
await db.schema.alterTable('reviews').dropConstraint('reviews_product_id_fkey').execute()`,
  detect: (trace) =>
    trace
      .filter(({ tags, text }) => tags.includes('DROP TABLE') || /\bdrop\s+constraint\b/i.test(text))
      .flatMap((statement) => {
        const gone = new Set(statement.dropped.map(({ name }) => name))
        const altered = /alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?([\w".]+)/i
          .exec(statement.text)?.[1]
          ?.replaceAll('"', '')
        const parents = takes(statement, ['ACCESS EXCLUSIVE']).filter(
          ({ relation, kind }) =>
            kind === 'r' && !gone.has(relation) && relation !== altered && !relation.endsWith(`.${altered}`),
        )
        const [first] = parents
        if (first === undefined) return []
        const relations = parents.map(({ relation }) => relation)
        const what = `Nobody can use ${relations.join(', ')} for ${duration(first.heldMs ?? 0)}, although something else is dropped`
        return [{ statement, relations, what, weight: { stallMs: first.heldMs ?? 0 } }]
      }),
}
