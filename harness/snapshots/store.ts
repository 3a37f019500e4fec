import { stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Frozen, Shelf, ShelvedSnapshot } from '../engines/engine.ts'
import type { Finding, MaskedTable } from '../rehearsal.ts'
import { forgetDigests } from './digests.ts'
import { stateDirectory } from './state-directory.ts'

/** What is remembered of the restore that made a snapshot. */
export interface SnapshotRecord {
  /** ISO 8601, UTC. */
  readonly madeAt: string
  readonly backup: { readonly path: string; readonly bytes: number; readonly sha256: string }
  /** `17.10`. */
  readonly serverVersion: string
  /** `docker`, and the image when it is known. */
  readonly server: string
  /** The one that was restored. */
  readonly database: string
  /** A copy of the restored database, which nothing writes to, is beside it. */
  readonly pristine: boolean
  /** What the restore came to; reported again whenever the snapshot is used. */
  readonly restore: RestoreRecord
}

export interface RestoreRecord {
  /** What the restore had to say about itself: one line, and all that it found. */
  readonly summary: string
  readonly findings: readonly Finding[]
  readonly masking: readonly MaskedTable[]
  readonly restoreMs: number
}

export interface Snapshot {
  readonly key: string
  readonly frozen: Frozen
  readonly clones: number
  readonly record: SnapshotRecord
  readonly lastUsedAt: Date
}

/** Snapshots of one engine, newest use first. */
export async function listSnapshots(shelf: Shelf): Promise<Snapshot[]> {
  const all = await Promise.all((await shelf.list()).map(toSnapshot))
  return all.toSorted((one, other) => other.lastUsedAt.getTime() - one.lastUsedAt.getTime())
}

/** The snapshot of that key; undefined when there is none. */
export async function findSnapshot(shelf: Shelf, key: string): Promise<Snapshot | undefined> {
  const found = (await shelf.list()).find((snapshot) => snapshot.key === key)
  return found && (await toSnapshot(found))
}

/** Puts frozen data into the store. Returns what is there now: another's, when that came first. */
export async function saveSnapshot(
  shelf: Shelf,
  { key, frozen, record }: { key: string; frozen: Frozen; record: SnapshotRecord },
): Promise<Snapshot> {
  const saved = await shelf.put({ key, frozen, record: JSON.stringify(record) })
  await noteUse(key)
  return await toSnapshot(saved)
}

export async function removeSnapshot(shelf: Shelf, snapshot: Snapshot): Promise<void> {
  await forgetDigests(snapshot.key)
  await shelf.remove({ ...snapshot, record: '' })
}

/** Remembers that the snapshot was used now; a state directory that cannot be written to remembers nothing. */
export async function noteUse(key: string): Promise<void> {
  const now = new Date()
  try {
    const path = join(await stateDirectory('used'), key)
    await utimes(path, now, now).catch(() => writeFile(path, '', { mode: 0o600 }))
  } catch {
    // Pruning takes the day on which it was made.
  }
}

async function toSnapshot({ key, frozen, clones, record }: ShelvedSnapshot): Promise<Snapshot> {
  const parsed = JSON.parse(record) as SnapshotRecord
  const path = await stateDirectory('used').then(
    (directory) => join(directory, key),
    () => '',
  )
  const used = await stat(path).then(
    ({ mtime }) => mtime,
    () => new Date(parsed.madeAt),
  )
  return { key, frozen, clones, record: parsed, lastUsedAt: used }
}
