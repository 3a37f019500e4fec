import { engines } from '../engines/index.ts'
import type { Engine } from '../engines/engine.ts'
import { sweepRuns } from '../runs/sweep.ts'

/**
 * Removes what rehearsals left that died; those that live, here or elsewhere, keep theirs. An engine that does not
 * answer is left to the next rehearsal on it.
 */
export async function sweepAfter(serverUrl: string | undefined): Promise<void> {
  await sweepRuns({ kept: false })
  for (const engine of Object.values<Engine>(engines)) {
    await engine.sweep({ serverUrl, kept: false }).catch(() => [])
  }
}
