import { loadSettings } from '../backups/fast-load.ts'
import type { BackupFacts } from '../backups/backup-format.ts'
import { chooseDatabase } from '../backups/physical/choose-database.ts'
import type { DataFile } from '../engines/data-directory.ts'
import type { ClonedServer, Freezing, Frozen, Server, ServerRequest } from '../engines/engine.ts'
import type { Redactor } from '../redact.ts'
import type { Finding } from '../rehearsal.ts'
import { bytes } from '../reports/text.ts'
import { makeSnapshot, type Making } from '../snapshots/making.ts'
import type { Lock } from '../snapshots/lock.ts'
import type { Snapshot } from '../snapshots/store.ts'
import type { Observer, Progress, StageOutput } from '../stage.ts'
import type { Teardown } from '../teardown.ts'
import { findSnapshotOf, type Look } from './find-snapshot.ts'
import type { Given } from './given.ts'
import { makeRoom } from './make-room.ts'
import type { PreparedBackup } from './prepare-backup.ts'

/** A server and the database on it that is rehearsed on. */
export interface Provisioned {
  readonly server: Server
  readonly database: string
}

/** What the backup is restored into, unless that was done before. */
export interface ProvisionedServer extends Provisioned {
  /** What `server` is a clone of: the backup is there already. */
  readonly found: { readonly snapshot: Snapshot; readonly cloned: ClonedServer } | undefined
  /** Makes a snapshot of the restored server; undefined where there is one, and with engines that cannot. */
  readonly making: Making | undefined
  readonly lock: Lock | undefined
  /** What making the database had to say; part of what the snapshot remembers. */
  readonly findings: readonly Finding[]
}

export interface ServerKeeping {
  readonly teardown: Teardown
  readonly redactor: Redactor
  readonly observe: Observer
}

/**
 * Starts the throwaway server, on the snapshot of this backup where there is one, or takes a database on the external
 * server; teardown stops it or leaves it up.
 */
export async function provision(
  given: Given,
  prepared: PreparedBackup,
  keeping: ServerKeeping,
  progress: Progress,
  early?: Promise<Look>,
): Promise<StageOutput<ProvisionedServer>> {
  const { engine, request, reason } = prepared
  const { teardown, observe } = keeping
  progress(`starting Postgres ${request.major ?? ''} with the ${engine.name} engine`)
  const summary = ({ version }: Server) => `Postgres ${version}, ${engine.name}: ${reason}`
  const { freezing } = engine
  if (freezing === undefined) {
    await makeRoom(prepared, { stores: false, observe })
    const name = request.run.id
    const server = await holdServer(engine.start(request), name, given, keeping)
    const { database, findings } = await startDatabase(server, name, prepared, given)
    return {
      facts: { server, database, findings, found: undefined, making: undefined, lock: undefined },
      summary: summary(server),
      findings,
    }
  }
  const start = async ({ frozen }: Snapshot) => await cloneServer(freezing, frozen, prepared, given, keeping)
  const { found, key, lock, findings } = await findSnapshotOf(given, prepared, freezing, {
    progress,
    observe,
    start,
    early,
  })
  if (lock !== undefined) teardown.defer('the lock of the snapshot', () => lock.release())
  if (found !== undefined) {
    const { server } = found.cloned
    const { database } = found.snapshot.record
    return {
      facts: { server, database, findings: [], found, making: undefined, lock },
      summary: summary(server),
      findings: egressFinding(server),
    }
  }
  await makeRoom(prepared, { stores: key !== undefined, observe })
  const starting = freezing
    .start(observed(loading(prepared), given.signal, progress))
    .then((server) => makeSnapshot(freezing, server, key))
  teardown.defer('the server that was restored into', async () =>
    (await starting.catch(() => undefined))?.dispose(),
  )
  const making = await starting
  const { server } = making
  keeping.redactor.add(server.connection('postgres').password)
  const started = await startDatabase(server, 'rehearsal', prepared, given)
  return {
    facts: { server, ...started, found, making, lock },
    summary: summary(server),
    findings: [...findings, ...started.findings, ...egressFinding(server)],
  }
}

/** An empty database for the backup, as like the source's as the server can have it; a base backup brings its own. */
async function startDatabase(
  server: Server,
  name: string,
  { request, facts }: PreparedBackup,
  { plan }: Given,
): Promise<{ database: string; findings: readonly Finding[] }> {
  if (request.data !== undefined) {
    return { database: await chooseDatabase(server, plan.database), findings: [] }
  }
  const { encoding, locale } = facts
  const differences = await server.createDatabase(name, {
    ...(encoding === null ? {} : { encoding }),
    ...(locale === null ? {} : { locale }),
  })
  return { database: name, findings: differences.map((difference) => localeDiffers(facts, difference)) }
}

/** Where production's settings are taken over, the server has to have those instead. */
function loading({ request, configuration }: PreparedBackup): ServerRequest {
  if (request.data !== undefined || configuration !== null) return request
  return { ...request, settings: loadSettings }
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

/** Starts the rehearsal's own server on a clone of frozen data; teardown stops it or leaves it up. */
export async function cloneServer(
  freezing: Freezing,
  frozen: Frozen,
  { request }: PreparedBackup,
  given: Given,
  keeping: ServerKeeping,
): Promise<ClonedServer> {
  // Who opens a clone for a time says himself what it is.
  const quiet = request.expiresAt === undefined ? keeping : { ...keeping, observe: () => {} }
  const starting = freezing.clone(frozen, { ...request, purpose: 'rehearsal' })
  await holdServer(
    starting.then(({ server }) => server),
    'rehearsal',
    given,
    quiet,
  )
  return await starting
}

/** A server that is still starting when the rehearsal is interrupted must be stopped all the same. */
async function holdServer(
  starting: Promise<Server>,
  database: string,
  given: Given,
  { teardown, redactor, observe }: ServerKeeping,
): Promise<Server> {
  teardown.defer('the Postgres server', async () => {
    const server = await starting.catch(() => undefined)
    if (server !== undefined) await leave(server, database, given, observe)
  })
  const server = await starting
  redactor.add(server.connection(database).password)
  return server
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
