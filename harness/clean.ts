import { engines } from './engines/index.ts'
import type { Engine } from './engines/engine.ts'
import { sweepRuns } from './runs/sweep.ts'
import { listSnapshots, removeSnapshot } from './snapshots/store.ts'

/**
 * Removes all that pg-rehearsal left, kept databases and clones included, and with `snapshots` the stored snapshots as
 * well; returns a line for each thing removed.
 */
export async function clean(
  serverUrl: string | undefined,
  { snapshots }: { snapshots: boolean } = { snapshots: false },
): Promise<string[]> {
  const removed: string[] = []
  for (const engine of Object.values(engines))
    removed.push(...(await engine.sweep({ serverUrl, kept: true })))
  removed.push(...(await sweepRuns({ kept: true })))
  if (!snapshots) return removed
  for (const { freezing } of Object.values<Engine>(engines)) {
    if (freezing === undefined) continue
    for (const snapshot of await listSnapshots(freezing.shelf)) {
      // A living rehearsal is on it.
      if (snapshot.clones > 0) continue
      await removeSnapshot(freezing.shelf, snapshot)
      removed.push(`Removed snapshot ${snapshot.key.slice(0, 8)} of ${snapshot.record.backup.path}.`)
    }
  }
  return removed
}
