import { readLeftovers } from '../catalog/leftovers.ts'
import { checks } from '../checks/index.ts'
import type { Server } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'
import type { Finding } from '../rehearsal.ts'
import { pristineName } from './provision.ts'

/** Findings about what is half-done in the database now and was not so in the restored one. */
export async function leftovers(server: Server, database: string): Promise<Finding[]> {
  const [before, after] = await Promise.all(
    [pristineName(database), database].map((name) => withClient(server.connection(name), readLeftovers)),
  )
  if (before === undefined || after === undefined) return []
  return [checks['invalid-index-left'], checks['unvalidated-constraint-left']].flatMap((check) =>
    check.judge({ before, after }),
  )
}
