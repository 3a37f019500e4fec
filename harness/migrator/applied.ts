import { escapeIdentifier } from 'pg'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'

/** Where the Migrator keeps its record; a null schema means the one that the search path finds. */
export interface MigrationTableName {
  readonly table: string
  readonly tableSchema: string | null
}

/** The names in the migration table, read by a session of our own; empty where there is no such table. */
export async function readApplied(
  connection: Connection,
  { table, tableSchema }: MigrationTableName,
): Promise<string[]> {
  const name = [tableSchema, table]
    .filter((part) => part !== null)
    .map(escapeIdentifier)
    .join('.')
  return withClient(connection, async (client) => {
    const { rows: found } = await client.query('select to_regclass($1) is not null as there', [name])
    if (found[0]?.there !== 't') return []
    const { rows } = await client.query<{ name: string }>(`select name from ${name} order by name`)
    return rows.map((row) => row.name)
  })
}
