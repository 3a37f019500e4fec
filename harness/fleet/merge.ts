import { relative, resolve } from 'node:path'
import { fleetDocument, type FleetDocument } from './document.ts'
import type { FleetResult } from './fleet.ts'
import type { StoredDocument } from './stored.ts'

export interface MergeOptions {
  /** Absolute; where the paths to reports will be read from. */
  readonly directory: string
  /** Databases that must have a result beside those that the documents know of. */
  readonly expected?: readonly string[]
}

/**
 * One document over those of several machines. Every database that any of them knew must have a result in one of
 * them: a shard that is missing, or that another list of databases was dealt out to, leaves some that could not be
 * verified.
 */
export function mergeDocuments(
  stored: readonly StoredDocument[],
  { directory, expected = [] }: MergeOptions,
): FleetDocument {
  const documents = stored.map(({ document }) => document)
  const databases = [...new Set([...documents.flatMap((it) => it.databases), ...expected])]
  const starts = documents.map(({ startedAt }) => Date.parse(startedAt))
  const ends = documents.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs)
  const startedMs = Math.min(...starts)
  return fleetDocument({
    startedAt: new Date(startedMs).toISOString(),
    durationMs: Math.max(...ends) - startedMs,
    databases,
    share: databases,
    shard: null,
    outlierFactor: Math.min(...documents.map(({ outlierFactor }) => outlierFactor)),
    results: stored.flatMap(({ directory: from, document }) =>
      document.results.map((result) => moved(result, from, directory)),
    ),
  })
}

/** The result with the paths of its reports from another directory. */
function moved(result: FleetResult, from: string, to: string): FleetResult {
  const reports = Object.fromEntries(
    Object.entries(result.reports).map(([name, path]) => [
      name,
      relative(to, resolve(from, path)).replaceAll('\\', '/'),
    ]),
  )
  return { ...result, reports }
}
