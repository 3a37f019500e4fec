import { engines } from './engines/index.ts'
import { sweepRuns } from './runs/sweep.ts'

/** Removes all that pg-rehearsal left, kept databases included; returns a line for each thing removed. */
export async function clean(serverUrl: string | undefined): Promise<string[]> {
  const removed: string[] = []
  for (const engine of Object.values(engines))
    removed.push(...(await engine.sweep({ serverUrl, kept: true })))
  removed.push(...(await sweepRuns({ kept: true })))
  return removed
}
