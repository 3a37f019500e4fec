import { readLeftovers } from '../catalog/leftovers.ts'
import { checks } from '../checks/index.ts'
import { withClient } from '../postgres/client.ts'
import type { Finding } from '../rehearsal.ts'
import type { Restored } from './restore.ts'

/** Findings about what is half-done in the database now and was not so in the restored one. */
export async function leftovers({ server, database, pristine }: Restored): Promise<Finding[]> {
  const [before, after] = await Promise.all(
    [pristine, server.connection(database)].map((connection) => withClient(connection, readLeftovers)),
  )
  if (before === undefined || after === undefined) return []
  return [checks['invalid-index-left'], checks['unvalidated-constraint-left']].flatMap((check) =>
    check.judge({ before, after }),
  )
}
