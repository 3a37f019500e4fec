import type { Server } from '../../engines/engine.ts'
import { withClient } from '../../postgres/client.ts'
import { noSuchDatabase, severalDatabases } from '../several-databases.ts'

/**
 * The database to rehearse on, of a server that was started on a base backup: the one that is asked for, or else the
 * only one beside `postgres`. Throws HarnessError when it is not there, or not clear.
 */
export async function chooseDatabase(server: Server, asked: string | undefined): Promise<string> {
  const names = await databaseNames(server)
  if (asked !== undefined) {
    if (names.includes(asked)) return asked
    throw noSuchDatabase(asked, names)
  }
  const own = names.filter((name) => name !== 'postgres')
  if (own.length > 1) throw severalDatabases(own)
  return own[0] ?? 'postgres'
}

/** Databases that are no templates and that can be connected to. */
export async function databaseNames(server: Server): Promise<string[]> {
  return await withClient(server.connection('template1'), async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select datname as name from pg_catalog.pg_database where datallowconn and not datistemplate order by 1`,
    )
    return rows.map(({ name }) => name)
  })
}
