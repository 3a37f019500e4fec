import type { Clones } from '../clones/clones.ts'
import { snapshotClones } from '../clones/snapshot-clones.ts'
import { templateClones } from '../clones/template-clones.ts'
import type { ClonedServer, Freezing, Frozen } from '../engines/engine.ts'
import type { MaskedTable } from '../rehearsal.ts'
import type { Connection } from '../postgres/connection.ts'
import type { SnapshotIdentity } from '../snapshots/digests.ts'
import type { RestoreRecord, SnapshotRecord } from '../snapshots/store.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { pruneTo } from './make-room.ts'
import type { PreparedBackup } from './prepare-backup.ts'
import {
  cloneServer,
  pristineName,
  type Provisioned,
  type ProvisionedServer,
  type ServerKeeping,
} from './provision.ts'
import { load } from './load.ts'
import { copiedWithinBytes, type Brought } from './pristine.ts'
import { useConfiguration } from './server-settings.ts'
import { takeOver } from './take-over.ts'

/** The restored database on the rehearsal's own server, and copies of it for everything else. */
export interface Restored extends Provisioned {
  readonly clones: Clones
  /** A copy of the database as it is now is best made by the server itself: it is small, or nothing else can. */
  readonly copiesWithin: boolean
  /** Pays beforehand for what the database's files cost a clone that is the first to open them. */
  readonly unshare: () => Promise<void>
  readonly masking: readonly MaskedTable[]
  /** What bringing the backup onto a server took, when that was done. */
  readonly restoreMs: number
  /** The stored snapshot that it is a clone of; undefined where none is stored. */
  readonly snapshot?: SnapshotIdentity
  /** A copy to which nothing writes; what comes later is compared with it row by row. */
  readonly pristine: Connection
}

/**
 * Brings the backup onto the server, by loading it or, of a base backup, as it is, and puts the server under
 * production's settings, where they are given; freezes that as a snapshot and starts the rehearsal's own server on a
 * clone of it. Or finds that the server is on a snapshot already, and reports again what there was to say then.
 */
export async function restore(
  given: Given,
  prepared: PreparedBackup,
  provisioned: ProvisionedServer,
  keeping: ServerKeeping,
  progress: Progress,
): Promise<StageOutput<Restored>> {
  const { server, database, found, making, lock } = provisioned
  const { freezing } = prepared.engine
  if (found !== undefined && freezing !== undefined) {
    const { key, frozen, record } = found.snapshot
    const facts = await onClone(freezing, frozen, prepared, {
      cloned: found.cloned,
      record,
      keeping,
      parallel: given.plan.parallel,
    })
    const how = `snapshot ${key.slice(0, 8)}, verified, made ${record.madeAt.slice(0, 16).replace('T', ' ')}`
    return {
      facts: { ...facts, snapshot: found.snapshot },
      summary: `${how}: ${record.restore.summary}`,
      findings: record.restore.findings,
    }
  }
  const startedAt = performance.now()
  const { pristine: beside, ...said } = await bring(given, prepared, provisioned, progress)
  const restoreMs = Math.round(performance.now() - startedAt)
  if (making === undefined || freezing === undefined) {
    const pristine = server.connection(pristineName(database))
    const clones = templateClones(server, pristineName(database), given.plan.parallel)
    const { masking } = said
    const copies = { clones, pristine, masking, restoreMs, copiesWithin: true, unshare: async () => {} }
    return { facts: { server, database, ...copies }, ...said }
  }
  progress('freezing it as a snapshot')
  const findings = [...provisioned.findings, ...said.findings]
  const record = recordOf(prepared, provisioned, beside, { ...said, findings, restoreMs })
  const frozen = await making.finish(record)
  // A stage that was given up goes on by itself, and its clone would hold on to the data that is being removed.
  given.signal.throwIfAborted()
  await lock?.release()
  if (making.key !== undefined)
    await pruneTo(freezing, given.plan.snapshots.maxBytes, keeping.observe, making.key)
  const cloned = await cloneServer(freezing, frozen, prepared, given, keeping)
  const { parallel } = given.plan
  const facts = await onClone(freezing, frozen, prepared, { cloned, record, keeping, parallel })
  const { key } = making
  return { facts: key === undefined ? facts : { ...facts, snapshot: { key, frozen } }, ...said }
}

async function bring(
  given: Given,
  prepared: PreparedBackup,
  provisioned: ProvisionedServer,
  progress: Progress,
): Promise<Brought> {
  // Where nothing is frozen, a copy can be had in no other way.
  const copyAtMostBytes =
    provisioned.making === undefined ? Infinity : (given.copiedWithinBytes ?? copiedWithinBytes)
  const brought =
    prepared.request.data === undefined
      ? await load(given, prepared, provisioned, progress, { copyAtMostBytes })
      : await takeOver(given.plan, prepared, provisioned, progress, { copyAtMostBytes })
  progress('taking over production’s settings')
  const { summary, findings } = await useConfiguration(provisioned.server, prepared.configuration)
  return {
    ...brought,
    summary: brought.summary + summary,
    findings: [...brought.findings, ...findings],
  }
}

function recordOf(
  { file, facts, engine, request }: PreparedBackup,
  { server, database }: ProvisionedServer,
  pristine: boolean,
  restore: RestoreRecord,
): SnapshotRecord {
  const { bytes, path } = file
  return {
    madeAt: new Date().toISOString(),
    backup: { path, bytes, sha256: facts.sha256 },
    serverVersion: server.version,
    server: request.image === undefined ? engine.name : `${engine.name} ${request.image}`,
    database,
    pristine,
    restore,
  }
}

async function onClone(
  freezing: Freezing,
  frozen: Frozen,
  { request }: PreparedBackup,
  {
    cloned: { server, method, unshare },
    record,
    keeping,
    parallel,
  }: {
    cloned: ClonedServer
    record: SnapshotRecord
    keeping: ServerKeeping
    parallel: number | undefined
  },
): Promise<Restored> {
  const { database } = record
  const beside = record.pristine ? pristineName(database) : undefined
  const clones = snapshotClones({
    freezing,
    frozen,
    request,
    database,
    method,
    parallel,
    ...(beside === undefined ? {} : { within: templateClones(server, beside, parallel) }),
  })
  keeping.teardown.defer('the clones of the snapshot', () => clones.closeAll())
  const pristine =
    beside === undefined ? (await clones.open({ purpose: 'pristine' })).connection : server.connection(beside)
  return {
    masking: record.restore.masking,
    restoreMs: record.restore.restoreMs,
    server,
    database,
    clones,
    pristine,
    copiesWithin: beside !== undefined,
    unshare: async () => await unshare(database),
  }
}
