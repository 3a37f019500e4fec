import { clientToolVersion } from '../postgres/client-tools.ts'
import type { ClonedServer, Freezing } from '../engines/engine.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { maskingKey } from '../masking/masking-plan.ts'
import type { Plan } from '../plan.ts'
import type { Finding } from '../rehearsal.ts'
import { snapshotKey } from '../snapshots/key.ts'
import { takeLock, type Lock } from '../snapshots/lock.ts'
import { findSnapshot, noteUse, removeSnapshot, type Snapshot } from '../snapshots/store.ts'
import type { Observer, Progress } from '../stage.ts'
import type { Given } from './given.ts'
import type { PreparedBackup } from './prepare-backup.ts'

/** A clone of the snapshot that a backup was restored to before, or the right to make it. */
export interface SnapshotSearch {
  readonly found: { readonly snapshot: Snapshot; readonly cloned: ClonedServer } | undefined
  /** Undefined where no snapshot is to be stored. */
  readonly key: string | undefined
  /** Held while the snapshot is being made, so that others wait for it instead of restoring as well. */
  readonly lock: Lock | undefined
  readonly findings: readonly Finding[]
}

const nothing = { found: undefined, key: undefined, lock: undefined, findings: [] }

/** Looks for the snapshot of this very backup, restored in this very way, and starts a clone of it. */
export async function findSnapshotOf(
  given: Given,
  prepared: PreparedBackup,
  freezing: Freezing,
  { progress, observe, start, early }: SearchOptions,
): Promise<SnapshotSearch> {
  const { signal } = given
  const { key, ...first } = (await early) ?? (await lookForSnapshot(given, prepared, freezing, start))
  if (key === undefined) return nothing
  if (first.cloned !== undefined) return { found: first.cloned, key, lock: undefined, findings: [] }
  const onWait = ({ pid }: { pid: number }) =>
    progress(`waiting for another rehearsal (process ${pid}) that restores the same backup`)
  const lock = await takeLock(key, { signal, onWait }).catch((error: unknown) => {
    signal.throwIfAborted()
    observe({ kind: 'note', text: `no snapshot is stored: ${messageOf(error)}` })
  })
  if (lock === undefined) return nothing
  const second = await clone(key, freezing, start)
  if (second.cloned !== undefined) {
    await lock.release()
    return { found: second.cloned, key, lock: undefined, findings: [] }
  }
  const { altered } = second
  if (altered !== undefined) await removeSnapshot(freezing.shelf, altered.snapshot)
  return {
    found: undefined,
    key,
    lock,
    findings: altered === undefined ? [] : [alteredFinding(altered.reason)],
  }
}

export interface SearchOptions {
  readonly progress: Progress
  readonly observe: Observer
  /** Starts a clone and sees to it that it is stopped in the end. */
  readonly start: (snapshot: Snapshot) => Promise<ClonedServer>
  /** A first look that was begun before. */
  readonly early?: Promise<Look> | undefined
}

/** What one look for a snapshot came to. */
export interface Look {
  /** Undefined where no snapshot is to be stored. */
  readonly key: string | undefined
  readonly cloned?: { readonly snapshot: Snapshot; readonly cloned: ClonedServer }
  readonly altered?: { readonly snapshot: Snapshot; readonly reason: string }
}

/** Looks once, and waits for nobody. */
export async function lookForSnapshot(
  { plan }: Given,
  prepared: PreparedBackup,
  freezing: Freezing,
  start: SearchOptions['start'],
): Promise<Look> {
  if (plan.snapshots.mode === 'off') return { key: undefined }
  const key = await keyOf(plan, prepared, freezing)
  return { key, ...(await clone(key, freezing, start)) }
}

async function clone(
  key: string,
  { shelf }: Freezing,
  start: SearchOptions['start'],
): Promise<Omit<Look, 'key'>> {
  const snapshot = await findSnapshot(shelf, key)
  if (snapshot === undefined) return {}
  try {
    const cloned = await start(snapshot)
    await noteUse(key)
    return { cloned: { snapshot, cloned } }
  } catch (error) {
    if (!(error instanceof HarnessError) || error.code !== 'snapshot-altered') throw error
    return { altered: { snapshot, reason: error.message } }
  }
}

async function keyOf(
  { database, masking, amcheck }: Plan,
  { format, facts, engine, request, configuration }: PreparedBackup,
  freezing: Freezing,
): Promise<string> {
  const image = await freezing.identity(request)
  // In a container the tools are the image's.
  const tool = engine.name === 'docker' ? '' : await format.checkTools(facts, clientToolVersion)
  const { sha256: backup, encoding } = facts
  return snapshotKey({
    engine: image,
    tool,
    backup,
    database,
    encoding,
    configuration: configuration?.text ?? null,
    amcheck,
    masking: maskingKey(masking),
    requireMasking: masking.required,
  })
}

function alteredFinding(reason: string): Finding {
  return {
    id: 'snapshot-altered',
    severity: 'notice',
    subject: 'snapshot',
    message: `${reason} It was removed, and the backup restored again.`,
    remedy: 'Find out what else uses the snapshots of pg-rehearsal: nothing should.',
  }
}
