import { withClient } from './client.ts'
import type { Connection } from './connection.ts'

/** How much disk the connection's database takes, indexes, TOAST and catalog included. */
export async function databaseBytes(connection: Connection): Promise<number> {
  return await withClient(connection, async (client) => {
    const { rows } = await client.query<{ bytes: string }>(
      'select pg_database_size(current_database()) as bytes',
    )
    return Number(rows[0]?.bytes)
  })
}
