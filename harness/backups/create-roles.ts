import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'

/**
 * Makes sure that the roles a backup names exist, so that no owner, grant or policy is lost. On a server of our
 * own the missing ones are created, unable to log in and without rights; returns their names. On another's
 * server nothing is created: throws HarnessError that names the missing ones. Reserved names (`pg_…`) are the
 * server's own and left alone.
 */
export async function createRoles(server: Server, roles: readonly string[]): Promise<string[]> {
  return await withClient(server.connection('postgres'), async (client) => {
    const { rows } = await client.query<{ rolname: string }>('select rolname from pg_catalog.pg_roles')
    const present = new Set(rows.map((row) => row.rolname))
    const missing = roles.filter((role) => !present.has(role) && !role.startsWith('pg_'))
    if (missing.length > 0 && !server.owned) throw missingRoles(missing)
    for (const role of missing) await client.query(`create role ${client.escapeIdentifier(role)} nologin`)
    return missing
  })
}

function missingRoles(roles: readonly string[]): HarnessError {
  const one = roles.length === 1
  return new HarnessError(
    'missing-roles',
    `The server lacks ${one ? 'a role' : 'roles'} that the backup names: ${roles.join(', ')}. Without ${one ? 'it' : 'them'} owners, grants and policies would be lost.`,
    {
      hint: `Create ${one ? 'it' : 'them'} there (\`create role … nologin\`), or rehearse on a server of the tool's own (--engine docker or embedded).`,
    },
  )
}
