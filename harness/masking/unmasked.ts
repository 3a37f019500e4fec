import type { Client } from 'pg'
import type { Column } from './columns.ts'
import { personalByContent } from './personal-content.ts'
import { personalByName } from './personal-names.ts'
import { titleOf } from './assign.ts'

/** A column that looks personal, and why. */
export interface PersonalColumn {
  readonly title: string
  readonly what: string
  readonly by: 'name' | 'content'
}

/** Columns of tables that look personal by their name, or by their first values, and are not among `ruled`. */
export async function findUnmasked(
  client: Client,
  columns: readonly Column[],
  ruled: ReadonlySet<Column>,
): Promise<PersonalColumn[]> {
  const open = columns.filter(
    (column) =>
      !ruled.has(column) &&
      !column.partition &&
      !column.generated &&
      (column.kind === 'table' || column.kind === 'partitioned table'),
  )
  const found: PersonalColumn[] = []
  for (const table of Map.groupBy(open, ({ oid }) => oid).values()) {
    const byName = new Map(table.map((column) => [column, personalByName(column)]))
    const unsaid = table.filter(
      (column) => byName.get(column) === undefined && column.family === 'text' && !column.array,
    )
    const byContent = await personalByContent(client, unsaid)
    for (const column of table) {
      const named = byName.get(column)
      const what = named ?? byContent.get(column.name)
      if (what !== undefined)
        found.push({ title: titleOf(column), what, by: named === undefined ? 'content' : 'name' })
    }
  }
  return found
}
