import { restoredSize } from '../backups/restored-size.ts'
import type { Shelf } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { bytes } from '../reports/text.ts'
import { snapshotsToPrune } from '../snapshots/prune.ts'
import { listSnapshots, removeSnapshot } from '../snapshots/store.ts'
import type { Observer } from '../stage.ts'
import type { PreparedBackup } from './prepare-backup.ts'

export interface RoomOptions {
  /** The restored data is stored as a snapshot. */
  readonly stores: boolean
  readonly observe: Observer
}

/**
 * Makes room for a restore where its data will lie, removing unused snapshots where that helps. Throws HarnessError
 * `disk-too-small`, before anything is started, when it cannot fit; says so when it may not. An engine that cannot tell what is
 * free is taken to have enough.
 */
export async function makeRoom(
  { engine, request, file, facts }: Pick<PreparedBackup, 'engine' | 'request' | 'file' | 'facts'>,
  { stores, observe }: RoomOptions,
): Promise<void> {
  const { least, likely: once } = restoredSize(facts)
  const shelf = engine.freezing?.shelf
  // A clone of it is at work beside it, of its full size where the two cannot share.
  const likely = shelf === undefined ? once : once * 2
  const free = async (): Promise<number> => {
    const ofServer = await engine.freeBytes(request)
    const ofStore = stores ? await shelf?.freeBytes() : undefined
    return ofServer === undefined ? Infinity : Math.min(ofServer, ofStore ?? Infinity)
  }
  if ((await free()) >= likely) return
  if (shelf !== undefined) await pruneFor(likely, shelf, observe)
  const left = await free()
  if (left >= likely) return
  const where = 'free where the server keeps its data'
  if (left >= least) {
    const text = `${bytes(left)} are ${where}, and the restored backup may take ${bytes(likely)}: it may not fit`
    observe({ kind: 'note', text })
    return
  }
  throw new HarnessError(
    'disk-too-small',
    `Restoring ${file.path} takes ${bytes(least)} at the least, ${bytes(likely)} perhaps, and ${bytes(left)} are ${where}.`,
    {
      hint: `Free some space there${engine.name === 'embedded' ? ', or set TMPDIR to a directory on a larger disk' : ''}; \`rehearse snapshots\` lists what is stored, and how much it takes.`,
    },
  )
}

/** Snapshots on a disk that has the room by itself do not stand in the way. */
async function pruneFor(needed: number, shelf: Shelf, observe: Observer): Promise<void> {
  const missing = needed - ((await shelf.freeBytes()) ?? Infinity)
  if (missing <= 0) return
  const all = await listSnapshots(shelf)
  const taken = all.reduce((sum, { frozen }) => sum + frozen.bytes, 0)
  await pruneTo({ shelf }, Math.max(0, taken - missing), observe)
}

/** Removes the least recently used snapshots until all of them take no more than `maxBytes`; never one in use, nor `spare`. */
export async function pruneTo(
  { shelf }: { readonly shelf: Shelf },
  maxBytes: number,
  observe: Observer,
  spare?: string,
): Promise<void> {
  const all = await listSnapshots(shelf)
  for (const snapshot of snapshotsToPrune(all, { maxBytes }, { now: new Date(), spare })) {
    await removeSnapshot(shelf, snapshot)
    observe({ kind: 'note', text: `removed snapshot ${snapshot.key.slice(0, 8)} to make room` })
  }
}
