import { lookForSnapshot, type Look } from './find-snapshot.ts'
import type { Given } from './given.ts'
import type { PreparedBackup } from './prepare-backup.ts'
import { cloneServer, type ServerKeeping } from './provision.ts'

/**
 * Starts a clone of this backup's snapshot, where there is one, while the rest of the plan is still being looked at;
 * teardown stops it, whatever comes of that. For `provision`, which hears of a failure too.
 */
export function startEarly(
  given: Given,
  prepared: PreparedBackup,
  keeping: ServerKeeping,
): Promise<Look> | undefined {
  const { freezing } = prepared.engine
  if (freezing === undefined) return undefined
  let isOver = false
  const early = lookForSnapshot(given, prepared, freezing, async ({ frozen }) => {
    if (isOver) throw new Error('The rehearsal has ended.')
    return await cloneServer(freezing, frozen, prepared, given, keeping)
  })
  const settled = early.catch(() => {})
  // It may end before the clone is begun; what is begun meanwhile has an undoing of its own.
  keeping.teardown.defer('the clone that was begun early', async () => {
    isOver = true
    await settled
  })
  return early
}
