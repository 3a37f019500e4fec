import type { ClonedServer, Freezing, Frozen, Server } from '../engines/engine.ts'
import type { Redactor } from '../redact.ts'
import { makeSnapshot, type Making } from '../snapshots/making.ts'
import type { Lock } from '../snapshots/lock.ts'
import type { Snapshot } from '../snapshots/store.ts'
import type { Observer, Progress, StageOutput } from '../stage.ts'
import type { Teardown } from '../teardown.ts'
import { findSnapshotOf } from './find-snapshot.ts'
import type { Given } from './given.ts'
import { makeRoom } from './make-room.ts'
import type { PreparedBackup } from './preflight.ts'

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
): Promise<StageOutput<ProvisionedServer>> {
  const { engine, request, reason, facts } = prepared
  const { teardown, observe } = keeping
  progress(`starting Postgres ${request.major ?? ''} with the ${engine.name} engine`)
  const database = engine.name === 'external' ? request.run.id : 'rehearsal'
  const summary = ({ version }: Server) => `Postgres ${version}, ${engine.name}: ${reason}`
  const { freezing } = engine
  const create = async (server: Server) =>
    await server.createDatabase(database, facts.encoding === null ? {} : { encoding: facts.encoding })
  if (freezing === undefined) {
    const server = await holdServer(engine.start(request), database, given, keeping)
    await create(server)
    return {
      facts: { server, database, found: undefined, making: undefined, lock: undefined },
      summary: summary(server),
    }
  }
  const start = async ({ frozen }: Snapshot) => await cloneServer(freezing, frozen, prepared, given, keeping)
  const { found, key, lock, findings } = await findSnapshotOf(given, prepared, freezing, {
    progress,
    observe,
    start,
  })
  if (lock !== undefined) teardown.defer('the lock of the snapshot', () => lock.release())
  if (found !== undefined) {
    const { server } = found.cloned
    return { facts: { server, database, found, making: undefined, lock }, summary: summary(server) }
  }
  await makeRoom(freezing, prepared, observe)
  const starting = freezing.start(request).then((server) => makeSnapshot(freezing, server, key))
  teardown.defer('the server that was restored into', async () =>
    (await starting.catch(() => undefined))?.dispose(),
  )
  const making = await starting
  const { server } = making
  keeping.redactor.add(server.connection(database).password)
  await create(server)
  return { facts: { server, database, found, making, lock }, summary: summary(server), findings }
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
