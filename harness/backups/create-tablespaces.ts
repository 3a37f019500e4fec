import type { Server } from '../engines/engine.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'

/**
 * Makes sure that the tablespaces a backup names exist, so that nothing that lies in one is lost. On a server of our
 * own the missing ones are created inside its data directory; returns their names. On another's server nothing is
 * created: throws HarnessError that names the missing ones.
 */
export async function createTablespaces(server: Server, tablespaces: readonly string[]): Promise<string[]> {
  if (tablespaces.length === 0) return []
  return await withClient(server.connection('postgres'), async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select spcname as name from pg_catalog.pg_tablespace',
    )
    const present = new Set(rows.map(({ name }) => name))
    const missing = tablespaces.filter((name) => !present.has(name))
    if (missing.length > 0 && !server.owned) throw missingTablespaces(missing)
    try {
      // Made for Postgres' own tests of replicas on one machine: no directory of its own is needed.
      if (missing.length > 0) await client.query('set allow_in_place_tablespaces = on')
      for (const name of missing)
        await client.query(`create tablespace ${client.escapeIdentifier(name)} location ''`)
    } catch (cause) {
      throw missingTablespaces(missing, cause)
    }
    return missing
  })
}

function missingTablespaces(names: readonly string[], cause?: unknown): HarnessError {
  const one = names.length === 1
  const why = cause === undefined ? '' : ` and cannot make ${one ? 'it' : 'them'}: ${messageOf(cause)}`
  return new HarnessError(
    'missing-tablespaces',
    `The server lacks ${one ? 'a tablespace' : 'tablespaces'} that the backup names (${names.join(', ')})${why}.`,
    {
      hint: `Create ${one ? 'it' : 'them'} there (\`create tablespace … location …\`), or take the backup with \`pg_dump --no-tablespaces\`.`,
      cause,
    },
  )
}
