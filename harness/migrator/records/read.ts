import { escapeIdentifier } from 'pg'
import { withClient } from '../../postgres/client.ts'
import type { Connection } from '../../postgres/connection.ts'
import { records } from './index.ts'
import type { MigratorRecord } from './record.ts'

/** The names that each record has in a database, oldest first; records that are not there are left out. */
export async function readRecords(connection: Connection): Promise<Map<MigratorRecord, readonly string[]>> {
  return withClient(connection, async (client) => {
    const found = new Map<MigratorRecord, readonly string[]>()
    for (const record of Object.values(records) as MigratorRecord[]) {
      const table = [record.schema, record.table]
        .filter((part) => part !== undefined)
        .map(escapeIdentifier)
        .join('.')
      const { rows: there } = await client.query('select to_regclass($1) is not null as there', [table])
      if (there[0]?.there !== 't') continue
      const { rows } = await client.query<{ name: string }>(
        `select ${record.name} as name from ${table} where ${record.applied} order by ${record.order}`,
      )
      found.set(
        record,
        rows.map(({ name }) => name),
      )
    }
    return found
  })
}
