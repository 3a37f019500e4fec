import type { Server } from '../engines/engine.ts'
import type { Redactor } from '../redact.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Teardown } from '../teardown.ts'
import type { Prepared } from './preflight.ts'

/** A server and the empty database that the backup goes into. */
export interface Provisioned {
  readonly server: Server
  readonly database: string
}

/** Starts the throwaway server, or takes a database on the external one; teardown stops it again. */
export async function provision(
  { engine, request, reason, facts }: Prepared,
  { teardown, redactor, keep }: { teardown: Teardown; redactor: Redactor; keep: boolean },
  progress: Progress,
): Promise<StageOutput<Provisioned>> {
  progress(`starting Postgres ${request.major ?? ''} with the ${engine.name} engine`)
  const starting = engine.start(request)
  // A server that is still starting when the rehearsal is interrupted must be stopped all the same.
  teardown.defer('the Postgres server', async () => {
    const server = await starting.catch(() => undefined)
    if (!keep) await server?.stop()
  })
  const server = await starting
  redactor.add(server.connection('').password)
  const database = server.owned ? 'rehearsal' : request.run.id
  await server.createDatabase(database, facts.encoding === null ? {} : { encoding: facts.encoding })
  return {
    facts: { server, database },
    summary: `Postgres ${server.version}, ${engine.name}: ${reason}`,
  }
}
