import { parseDuration, type Config } from './config-schema.ts'
import { hazardIds } from './hazards/index.ts'
import type { HazardRules } from './hazards/judge.ts'

/** The config file's `hazards`, defaults filled in. */
export function hazardRules(file: Config['hazards']): HazardRules {
  return {
    errorStallMs: parseDuration(file?.errorStall ?? defaults.errorStall),
    warningStallMs: parseDuration(file?.warningStall ?? defaults.warningStall),
    waivers: (file?.waivers ?? []).map(({ subject, ...waiver }) => ({ ...waiver, subject })),
  }
}

/** A problem for each waiver of something that is no hazard. */
export function unknownHazards(file: Config['hazards']): string[] {
  return (file?.waivers ?? [])
    .filter(({ id }) => !waivable.has(id))
    .map(({ id }) => `waiver for ${JSON.stringify(id)}, which is none of ${[...waivable].join(', ')}`)
}

const waivable: ReadonlySet<string> = new Set([
  ...hazardIds,
  'client-stall',
  'client-error',
  'client-deadlock',
  'lock-queue',
])

const defaults = { errorStall: '1s', warningStall: '100ms' } as const
