import type { Config } from './config-schema.ts'

/**
 * The settings of `above` over those of `below`: objects are merged key by key, everything else is replaced. A backup
 * replaces a source and a source a backup, as a rehearsal has one of them.
 */
export function mergeSettings(below: Config, above: Config): Config {
  const { backup, source, ...rest } = below
  const keepsInput = above.backup === undefined && above.source === undefined
  const input = {
    ...(backup === undefined || !keepsInput ? {} : { backup }),
    ...(source === undefined || !keepsInput ? {} : { source }),
  }
  return merged(withHistory({ ...rest, ...input }), withHistory(above)) as Config
}

/** A path alone is short for an object. */
function withHistory(settings: Config): Config {
  const { history } = settings
  return typeof history === 'string' ? { ...settings, history: { path: history } } : settings
}

function merged(below: unknown, above: unknown): unknown {
  if (!isObject(below) || !isObject(above)) return above
  const result: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    if (value !== undefined) result[key] = merged(result[key], value)
  }
  return result
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
