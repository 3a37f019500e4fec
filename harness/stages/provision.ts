import type { Server } from '../engines/engine.ts'
import type { Finding } from '../rehearsal.ts'
import type { Redactor } from '../redact.ts'
import type { Observer, Progress, StageOutput } from '../stage.ts'
import type { Teardown } from '../teardown.ts'
import type { Given } from './given.ts'
import type { Prepared } from './preflight.ts'

/** A server and the empty database that the backup goes into. */
export interface Provisioned {
  readonly server: Server
  readonly database: string
}

/** Starts the throwaway server, or takes a database on the external one; teardown stops it or leaves it up. */
export async function provision(
  given: Given,
  { engine, request, reason, facts }: Prepared,
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
  return {
    facts: { server, database },
    summary: `Postgres ${server.version}, ${engine.name}: ${reason}`,
    findings: egressFinding(server),
  }
}

/** Of a container alone it is to be expected that it cannot; of every other server the limits of a rehearsal say it. */
function egressFinding({ egress, engine, image }: Server): Finding[] {
  if (egress.blocked || engine !== 'docker') return []
  return [
    {
      id: 'egress-possible',
      severity: 'notice',
      subject: image ?? engine,
      message: `The container can open connections, as its network could not be closed: ${egress.why}. What was restored is defused, but functions of its own may still reach out.`,
      remedy:
        'Use an image that is based on the official one of Debian, or keep the machine off production’s network.',
    },
  ]
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
