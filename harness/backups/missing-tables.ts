import type { Server } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'
import type { RestoreMessage } from './backup-format.ts'

/** A degraded message for every table (`schema.table`) of the backup that the restored database does not have. */
export async function missingTables(
  server: Server,
  database: string,
  tables: readonly string[],
): Promise<RestoreMessage[]> {
  const present = await withClient(server.connection(database), async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select n.nspname || '.' || c.relname as name
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'f')`,
    )
    return new Set(rows.map((row) => row.name))
  })
  return tables
    .filter((table) => !present.has(table))
    .map((table) => ({ kind: 'degraded', text: `table ${table} is in the backup but not in the copy` }))
}
