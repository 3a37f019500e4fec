import { mkdir, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { parallelismOf } from '../clones/parallelism.ts'
import { layerVariable, type Layer } from '../config-layer.ts'
import { messageOf } from '../errors.ts'
import { duration } from '../reports/text.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { childEnvironment } from './child-environment.ts'
import { startRehearsal, type RehearsalProcess } from './child-process.ts'
import type { FleetDatabase, FleetResult } from './fleet.ts'
import { readResult, reportFiles, type Ending } from './read-result.ts'
import { sweepAfter } from './sweep-after.ts'

export interface RehearseDatabaseOptions {
  /** The team's project, which the config file and the paths in settings are of. */
  readonly cwd: string
  /** Absolute; the reports go to `<directory>/<name>/`. */
  readonly directory: string
  /** Ends the rehearsal early. Everything is still removed. */
  readonly signal: AbortSignal
  /** Ours, `.env` included; the rehearsal gets it without what its settings replace. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** It is ended when it takes longer; any time unless given. */
  readonly timeoutMs?: number | undefined
  /** The how-manieth try this is; 1 unless given. */
  readonly attempt?: number | undefined
  /** How many rehearsals go on at the same time, each with so much less of the machine; 1 unless given. */
  readonly atOnce?: number | undefined
}

/** What a timer can wait for; more would be no time at all. */
const longestMs = 2 ** 31 - 1

/** An interrupted rehearsal removes what it started, for which it has so long before it is killed. */
const graceMs = 60_000

/**
 * Rehearses one database in a process group of its own, and removes what that left behind. Never throws for what the
 * rehearsal does: one that dies, hangs or leaves no report is a result that could not be verified.
 */
export async function rehearseDatabase(
  database: FleetDatabase,
  options: RehearseDatabaseOptions,
): Promise<FleetResult> {
  const startedAt = new Date()
  const ending = await rehearse(database, options).catch((error: unknown): Ending => ({
    exitCode: null,
    errors: '',
    why: messageOf(error),
  }))
  const durationMs = Date.now() - startedAt.getTime()
  // A rehearsal that ended by itself has removed everything; no other process would for one that could not.
  if (ending.exitCode === null || ending.why !== undefined)
    await sweepAfter(serverOf(database, options.environment))
  return await readResult(database, ending, {
    directory: options.directory,
    startedAt: startedAt.toISOString(),
    durationMs,
    attempts: options.attempt ?? 1,
    where: hostname(),
  })
}

/** The external server that its databases would be on, as far as it is not the config file that says so. */
function serverOf(
  { settings, environment: renamed = {} }: FleetDatabase,
  environment: RehearseDatabaseOptions['environment'],
): string | undefined {
  const variable = renamed['REHEARSAL_SERVER_URL'] ?? 'REHEARSAL_SERVER_URL'
  return settings.serverUrl ?? (environment[variable] || undefined)
}

async function rehearse(database: FleetDatabase, options: RehearseDatabaseOptions): Promise<Ending> {
  const directory = join(options.directory, database.name)
  await mkdir(directory, { recursive: true })
  // What an earlier rehearsal left must not be taken for this one's.
  for (const file of Object.values(reportFiles)) await rm(join(directory, file), { force: true })
  const environment = childEnvironment(database, options.environment, directory)
  const run = await openRun()
  try {
    const layer = await writeLayer(database, directory, run, options.atOnce)
    const reports = Object.entries(reportFiles).map(
      ([name, file]) => `--report=${name}=${join(directory, file)}`,
    )
    const child = startRehearsal(reports, {
      cwd: options.cwd,
      environment: { ...environment, [layerVariable]: layer },
      run,
    })
    const why = await endOf(child, options)
    await child.end()
    const { exitCode, signal } = await child.ended
    const died = signal === null ? undefined : `Its process was ended by ${signal}.`
    return { exitCode, errors: child.errors(), why: why ?? died }
  } finally {
    await run.dispose()
  }
}

async function writeLayer(
  { name, settings }: FleetDatabase,
  directory: string,
  run: Run,
  atOnce = 1,
): Promise<string> {
  const path = join(run.directory, 'layer.json')
  const parallel = Math.max(1, Math.floor(parallelismOf('server', undefined) / atOnce))
  const layer: Layer = { database: name, settings, directory, beneath: atOnce > 1 ? { parallel } : {} }
  await writeFile(path, JSON.stringify(layer), { mode: 0o600 })
  return path
}

/** Waits for the end. Returns why it was brought about, or undefined when the process ended by itself. */
async function endOf(
  child: RehearsalProcess,
  { signal, timeoutMs }: RehearseDatabaseOptions,
): Promise<string | undefined> {
  let why: string | undefined
  let killing: NodeJS.Timeout | undefined
  const stop = (reason: string) => {
    if (why !== undefined) return
    why = reason
    child.interrupt()
    killing = setTimeout(() => void child.end(), graceMs)
  }
  const onAbort = () => stop('It was interrupted.')
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => stop(`It was ended, as it took longer than ${duration(timeoutMs)}.`),
          Math.min(timeoutMs, longestMs),
        )
  try {
    await child.ended
    return why
  } finally {
    clearTimeout(timer)
    clearTimeout(killing)
    signal.removeEventListener('abort', onAbort)
  }
}
