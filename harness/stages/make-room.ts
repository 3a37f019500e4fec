import type { Freezing } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { bytes } from '../reports/text.ts'
import { snapshotsToPrune } from '../snapshots/prune.ts'
import { listSnapshots, removeSnapshot } from '../snapshots/store.ts'
import type { Observer } from '../stage.ts'
import type { PreparedBackup } from './prepare-backup.ts'

/** What a restore of this backup may take: compressed dumps unpack to some 10 times their size with indexes, and are copied. */
export function neededBytes({ file, facts }: Pick<PreparedBackup, 'file' | 'facts'>): number {
  return file.bytes * (facts.compression === 'none' ? 5 : 20)
}

/**
 * Makes room for a restore where its data will lie, removing unused snapshots where that helps. Throws HarnessError
 * `disk-too-small` before anything is started when it does not.
 */
export async function makeRoom(
  { shelf }: Freezing,
  prepared: Pick<PreparedBackup, 'file' | 'facts'>,
  observe: Observer,
): Promise<void> {
  const free = await shelf.freeBytes()
  const needed = neededBytes(prepared)
  if (free === undefined || free >= needed) return
  const all = await listSnapshots(shelf)
  const taken = all.reduce((sum, { frozen }) => sum + frozen.bytes, 0)
  await pruneTo({ shelf }, Math.max(0, taken - (needed - free)), observe)
  const left = (await shelf.freeBytes()) ?? needed
  if (left >= needed) return
  throw new HarnessError(
    'disk-too-small',
    `Restoring ${prepared.file.path} may need ${bytes(needed)}, and ${bytes(left)} are free where the server keeps its data.`,
    { hint: 'Free some space there; `rehearse snapshots` lists what is stored, and how much it takes.' },
  )
}

/** Removes the least recently used snapshots until all of them take no more than `maxBytes`; never one in use, nor `spare`. */
export async function pruneTo(
  { shelf }: Pick<Freezing, 'shelf'>,
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
