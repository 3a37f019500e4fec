import { availableParallelism } from 'node:os'
import { mkdir } from 'node:fs/promises'
import { HarnessError, messageOf } from '../errors.ts'
import { fleetDocument, notRun, type FleetDocument } from './document.ts'
import type { Fleet, FleetDatabase, FleetResult } from './fleet.ts'
import { rehearseDatabase } from './rehearse-database.ts'
import { canariesOf, inOrder, inParallel } from './schedule.ts'
import type { Durations, Shard } from './shard.ts'
import { storeDocument } from './stored.ts'

export interface RunFleetOptions {
  readonly cwd: string
  /** Absolute; holds `fleet.json` at any time, and a folder for each database. */
  readonly directory: string
  readonly signal: AbortSignal
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Those to rehearse, in the order of the fleet. */
  readonly share: readonly FleetDatabase[]
  readonly shard: Shard | null
  /** How many at the same time. */
  readonly parallel: number
  readonly durations: Durations
  /** Hears of each database that was rehearsed. */
  readonly onResult: (result: FleetResult) => void
}

/** How many rehearsals at the same time a machine is trusted with unless the fleet file or a flag says so: one for two cores. */
export const defaultParallel = Math.max(1, Math.floor(availableParallelism() / 2))

/**
 * Rehearses the share of a fleet: its canaries first, the rest only when all of these passed. What was not rehearsed
 * for that, or because of the signal, is in the document as such. While it goes on, the stored document has the rest
 * as interrupted, which it is if this process is killed.
 */
export async function runFleet(fleet: Fleet, options: RunFleetOptions): Promise<FleetDocument> {
  const { share, durations, directory, signal } = options
  const results = new Map<string, FleetResult>()
  const write = writer(fleet, options, results)
  const failure = new AbortController()
  const rehearseAll = async (databases: readonly FleetDatabase[]) =>
    await inParallel(inOrder(databases, durations), options.parallel, async (database) => {
      if (signal.aborted || failure.signal.aborted) return
      const either = AbortSignal.any([signal, failure.signal])
      const result = await rehearseOne(fleet, database, { ...options, signal: either })
      results.set(result.name, result)
      options.onResult(result)
      // What cannot be recorded is of no use; the other rehearsals need not go on for it.
      await write().catch((error: unknown) => {
        failure.abort()
        throw error
      })
    })
  await prepare(directory)
  await write()
  const canaries = canariesOf(share, fleet.canary)
  await rehearseAll(canaries)
  const failed = canaries.filter(({ name }) => results.get(name)?.verdict !== 'passed')
  const rest = share.filter((database) => !canaries.includes(database))
  if (failed.length === 0) await rehearseAll(rest)
  else if (!signal.aborted) for (const { name } of rest) results.set(name, spared(name, failed))
  return await write()
}

/** Stores the document as it is by then, one writing after the other. */
function writer(
  fleet: Fleet,
  options: RunFleetOptions,
  results: ReadonlyMap<string, FleetResult>,
): () => Promise<FleetDocument> {
  const startedAt = new Date()
  let last: Promise<unknown> = Promise.resolve()
  return () => {
    const writing = last.then(async () => {
      const document = documentOf(fleet, options, startedAt, results)
      await storeDocument(options.directory, document)
      return document
    })
    last = writing.catch(() => {})
    return writing
  }
}

async function rehearseOne(
  { timeoutMs }: Fleet,
  database: FleetDatabase,
  { cwd, directory, signal, environment, parallel }: RunFleetOptions,
): Promise<FleetResult> {
  return await rehearseDatabase(database, {
    cwd,
    directory,
    signal,
    environment,
    timeoutMs,
    atOnce: parallel,
  })
}

function documentOf(
  { databases, outlierFactor }: Fleet,
  { share, shard }: RunFleetOptions,
  startedAt: Date,
  results: ReadonlyMap<string, FleetResult>,
): FleetDocument {
  return fleetDocument({
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    databases: databases.map(({ name }) => name),
    share: share.map(({ name }) => name),
    shard,
    outlierFactor,
    results: share.map(
      ({ name }) =>
        results.get(name) ??
        notRun(name, 'interrupted', 'It was not rehearsed, as the fleet was interrupted before.'),
    ),
  })
}

function spared(name: string, failed: readonly FleetDatabase[]): FleetResult {
  const names = failed.map((canary) => canary.name).join(', ')
  return notRun(name, 'canary-failed', `It was not rehearsed, as a canary did not pass: ${names}.`)
}

async function prepare(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
    throw new HarnessError('report-not-written', `${directory} cannot be made: ${messageOf(cause)}`, {
      hint: 'Check the path and its permissions, or give another one: --output PATH.',
      cause,
    })
  })
}
