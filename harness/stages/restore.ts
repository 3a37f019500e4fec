import type { Clones } from '../clones/clones.ts'
import { snapshotClones } from '../clones/snapshot-clones.ts'
import { templateClones } from '../clones/template-clones.ts'
import type { ClonedServer, Freezing, Frozen } from '../engines/engine.ts'
import type { Connection } from '../postgres/connection.ts'
import type { SnapshotRecord } from '../snapshots/store.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { pruneTo } from './make-room.ts'
import type { PreparedBackup } from './preflight.ts'
import {
  cloneServer,
  pristineName,
  type Provisioned,
  type ProvisionedServer,
  type ServerKeeping,
} from './provision.ts'
import { load, restored } from './load.ts'

/** The restored database on the rehearsal's own server, and copies of it for everything else. */
export interface Restored extends Provisioned {
  readonly clones: Clones
  /** A copy of the database as it is now is best made by the server itself: it is small, or nothing else can. */
  readonly copiesWithin: boolean
  /** Pays beforehand for what the database's files cost a clone that is the first to open them. */
  readonly unshare: () => Promise<void>
  /** A copy to which nothing writes; what comes later is compared with it row by row. */
  readonly pristine: Connection
}

/**
 * Restores the backup, freezes it as a snapshot and starts the rehearsal's own server on a clone of that; or finds
 * that the server is on a snapshot already, and reports again what was lost when that was made.
 */
export async function restore(
  given: Given,
  prepared: PreparedBackup,
  { server, database, found, making, lock }: ProvisionedServer,
  keeping: ServerKeeping,
  progress: Progress,
): Promise<StageOutput<Restored>> {
  const { freezing } = prepared.engine
  if (found !== undefined && freezing !== undefined) {
    const { key, frozen, record } = found.snapshot
    const facts = await onClone(freezing, frozen, prepared, {
      database,
      cloned: found.cloned,
      record,
      keeping,
    })
    const how = `snapshot ${key.slice(0, 8)}, verified, made ${record.madeAt.slice(0, 16).replace('T', ' ')} by ${record.restore.method}`
    return { facts, ...restored(prepared, record.restore, how) }
  }
  const alwaysCopy = making === undefined
  const loaded = await load(prepared, { server, database }, given.signal, progress, { alwaysCopy })
  if (making === undefined || freezing === undefined) {
    const clones = templateClones(server, pristineName(database))
    return {
      facts: {
        server,
        database,
        clones,
        pristine: server.connection(pristineName(database)),
        copiesWithin: true,
        unshare: async () => {},
      },
      ...restored(prepared, loaded.record),
    }
  }
  progress('freezing it as a snapshot')
  const record = recordOf(prepared, making.server.version, loaded)
  const frozen = await making.finish(record)
  await lock?.release()
  if (making.key !== undefined)
    await pruneTo(freezing, given.plan.snapshots.maxBytes, keeping.observe, making.key)
  const cloned = await cloneServer(freezing, frozen, prepared, given, keeping)
  return {
    facts: await onClone(freezing, frozen, prepared, { database, cloned, record, keeping }),
    ...restored(prepared, loaded.record),
  }
}

function recordOf(
  { file, facts, engine, request }: PreparedBackup,
  serverVersion: string,
  { record, pristine }: Awaited<ReturnType<typeof load>>,
): SnapshotRecord {
  const { bytes, path } = file
  const server = request.image === undefined ? engine.name : `${engine.name} ${request.image}`
  return {
    madeAt: new Date().toISOString(),
    backup: { path, bytes, sha256: facts.sha256 },
    serverVersion,
    server,
    pristine,
    restore: record,
  }
}

async function onClone(
  freezing: Freezing,
  frozen: Frozen,
  { request }: PreparedBackup,
  {
    database,
    cloned: { server, method, unshare },
    record,
    keeping,
  }: { database: string; cloned: ClonedServer; record: SnapshotRecord; keeping: ServerKeeping },
): Promise<Restored> {
  const beside = record.pristine ? pristineName(database) : undefined
  const clones = snapshotClones({
    freezing,
    frozen,
    request,
    database,
    method,
    ...(beside === undefined ? {} : { within: templateClones(server, beside) }),
  })
  keeping.teardown.defer('the clones of the snapshot', () => clones.closeAll())
  const pristine =
    beside === undefined ? (await clones.open({ purpose: 'pristine' })).connection : server.connection(beside)
  return {
    server,
    database,
    clones,
    pristine,
    copiesWithin: beside !== undefined,
    unshare: async () => await unshare(database),
  }
}
