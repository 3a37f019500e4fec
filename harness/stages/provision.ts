import type { Server } from '../engines/engine.ts'
import type { Redactor } from '../redact.ts'
import type { Observer, Progress, StageOutput } from '../stage.ts'
import type { Teardown } from '../teardown.ts'
import type { Given } from './given.ts'
import type { PreparedBackup } from './preflight.ts'

/** A server and the empty database that the backup goes into. */
export interface Provisioned {
  readonly server: Server
  readonly database: string
}

/** Starts the throwaway server, or takes a database on the external one; teardown stops it or leaves it up. */
export async function provision(
  given: Given,
  { engine, request, reason, facts }: PreparedBackup,
  { teardown, redactor, observe }: { teardown: Teardown; redactor: Redactor; observe: Observer },
  progress: Progress,
): Promise<StageOutput<Provisioned>> {
  progress(`starting Postgres ${request.major ?? ''} with the ${engine.name} engine`)
  const database = engine.name === 'external' ? request.run.id : 'rehearsal'
  const starting = engine.start(request)
  // A server that is still starting when the rehearsal is interrupted must be stopped all the same.
  teardown.defer('the Postgres server', async () => {
    const server = await starting.catch(() => undefined)
    if (server !== undefined) await leave(server, database, given, observe)
  })
  const server = await starting
  redactor.add(server.connection(database).password)
  await server.createDatabase(database, facts.encoding === null ? {} : { encoding: facts.encoding })
  return { facts: { server, database }, summary: `Postgres ${server.version}, ${engine.name}: ${reason}` }
}

async function leave(
  server: Server,
  database: string,
  { plan, signal, run }: Given,
  observe: Observer,
): Promise<void> {
  if (!plan.keep || signal.aborted) return server.stop()
  await server.keep()
  run.keep()
  const { connect, remove } = await server.hints(database)
  observe({ kind: 'note', text: `kept, rolled back and as the specs left it: ${connect}` })
  observe({
    kind: 'note',
    text: `kept beside it: ${pristineName(database)} (the backup as restored), ${migratedName(database)} (migrated)`,
  })
  observe({ kind: 'note', text: `remove it all: ${remove}` })
}

/** The copy of the restored database that nothing writes to. */
export function pristineName(database: string): string {
  return `${database}_pristine`
}

/** The copy of the migrated database that the specs run on. */
export function migratedName(database: string): string {
  return `${database}_migrated`
}
