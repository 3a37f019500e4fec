import { duration } from '../reports/text.ts'
import { takes } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** A partition is made, detached or dropped in a way that locks the whole partitioned table. */
export const partitionParentLock: Hazard = {
  id: 'partition-parent-lock',
  condition: 'A partition is made, detached or dropped in a way that locks the whole partitioned table.',
  effect: 'Nobody can use any partition until the transaction ends.',
  remedy: 'Make the table by itself and ATTACH it; DETACH CONCURRENTLY before dropping.',
  kysely: `await sql\`create table prices_q3 (like prices including all)\`.execute(db)
await sql\`alter table prices attach partition prices_q3 for values from ('2025-07-01') to ('2025-10-01')\`.execute(db)`,
  detect: (trace) =>
    trace
      .filter(
        ({ tags, text }) =>
          tags.includes('DROP TABLE') || /\b(partition\s+of|detach\s+partition)\b/i.test(text),
      )
      .flatMap((statement) => {
        const gone = new Set(statement.dropped.map(({ name }) => name))
        const parent = takes(statement, ['ACCESS EXCLUSIVE']).find(
          ({ kind, relation }) => kind === 'p' && !gone.has(relation),
        )
        if (parent === undefined) return []
        const what = `Nobody can use ${parent.relation} for ${duration(parent.heldMs ?? 0)}, all its partitions included`
        return [{ statement, relations: [parent.relation], what, weight: { stallMs: parent.heldMs ?? 0 } }]
      }),
}
