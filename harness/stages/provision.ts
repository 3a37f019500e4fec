import type { BackupFacts } from '../backups/backup-format.ts'
import { chooseDatabase } from '../backups/physical/choose-database.ts'
import type { DataFile } from '../engines/data-directory.ts'
import type { Server, ServerRequest } from '../engines/engine.ts'
import type { Redactor } from '../redact.ts'
import type { Finding } from '../rehearsal.ts'
import { bytes } from '../reports/text.ts'
import type { Observer, Progress, StageOutput } from '../stage.ts'
import type { Teardown } from '../teardown.ts'
import type { Given } from './given.ts'
import type { Prepared } from './preflight.ts'

/** A server and the empty database that the backup goes into. */
export interface Provisioned {
  readonly server: Server
  readonly database: string
}

/**
 * Starts the throwaway server, or takes a database on the external one; teardown stops it or leaves it up. Of a base
 * backup the database is there already.
 */
export async function provision(
  given: Given,
  { engine, request, reason, facts }: Pick<Prepared, 'engine' | 'request' | 'reason' | 'facts'>,
  { teardown, redactor, observe }: { teardown: Teardown; redactor: Redactor; observe: Observer },
  progress: Progress,
): Promise<StageOutput<Provisioned>> {
  progress(`starting Postgres ${request.major ?? ''} with the ${engine.name} engine`)
  let database = engine.name === 'external' ? request.run.id : 'rehearsal'
  const starting = engine.start(observed(request, given.signal, progress))
  // A server that is still starting when the rehearsal is interrupted must be stopped all the same.
  teardown.defer('the Postgres server', async () => {
    const server = await starting.catch(() => undefined)
    if (server !== undefined) await leave(server, database, given, observe)
  })
  const server = await starting
  redactor.add(server.connection(database).password)
  const summary = `Postgres ${server.version}, ${engine.name}: ${reason}`
  if (request.data !== undefined) {
    database = await chooseDatabase(server, given.plan.database)
    return { facts: { server, database }, summary }
  }
  const { encoding, locale } = facts
  const differences = await server.createDatabase(database, {
    ...(encoding === null ? {} : { encoding }),
    ...(locale === null ? {} : { locale }),
  })
  return {
    facts: { server, database },
    summary,
    findings: differences.map((difference) => localeDiffers(facts, difference)),
  }
}

/** Copying a base backup says how far it is, and ends when the rehearsal does. */
function observed(request: ServerRequest, signal: AbortSignal, progress: Progress): ServerRequest {
  const { data } = request
  if (data === undefined) return request
  const files = async function* (): AsyncGenerator<DataFile> {
    let copied = 0
    for await (const file of data.files()) {
      signal.throwIfAborted()
      yield file
      copied += file.bytes
      progress(`copying the base backup, ${bytes(copied)}`)
    }
  }
  return { ...request, data: { ...data, files } }
}

function localeDiffers({ database, locale }: BackupFacts, message: string): Finding {
  return {
    id: 'locale-differs',
    severity: 'warning',
    subject: database ?? 'the database',
    message,
    remedy: `Rehearse in an image that has the locale ${locale?.locale ?? locale?.collate}: --image NAME.`,
  }
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
