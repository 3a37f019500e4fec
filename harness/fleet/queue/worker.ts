import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError, messageOf } from '../../errors.ts'
import type { FleetResult } from '../fleet.ts'
import { rehearseDatabase } from '../rehearse-database.ts'
import { sweepAfter } from '../sweep-after.ts'
import { claimNext, giveBack, isEmpty, settle, type Claim } from './claim.ts'
import {
  engineProblem,
  engineSettings,
  watchEngine,
  type EngineSettings,
  type EngineWatch,
} from './engine-watch.ts'
import { givenUp, notUnderstood, withFailures } from './given-up.ts'
import { holdClaim, type Hold } from './hold.ts'
import { retryReason } from './infrastructure.ts'
import { takeRound } from './nightly.ts'
import { pruneReports } from './prune-reports.ts'
import type { FleetQueue } from './queue.ts'

export interface WorkerOptions {
  readonly cwd: string
  /** Absolute; a rehearsal's reports go to `<directory>/<round>/<name>/`, and stay there for `keepReports`. */
  readonly directory: string
  /** Ends the rehearsals that are under way and gives them back. */
  readonly signal: AbortSignal
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How many rehearsals at the same time. */
  readonly parallel: number
  /** Ends when nothing waits or is under way anywhere, instead of waiting for more. */
  readonly once: boolean
  readonly engine: EngineSettings
  /** The fleet file, from which rounds that the schedule asks for are listed; undefined: other workers do. */
  readonly fleetFile: string | undefined
  readonly tell: (event: WorkerEvent) => void
}

/** What a worker says of itself. */
export type WorkerEvent =
  | { readonly kind: 'begun'; readonly claim: Claim }
  | { readonly kind: 'stored'; readonly claim: Claim; readonly result: FleetResult }
  /** Another worker will have it. */
  | { readonly kind: 'given-back'; readonly claim: Claim; readonly why: string }
  /** Somebody else has it, or it was cancelled; what was found here goes nowhere. */
  | { readonly kind: 'lost'; readonly claim: Claim; readonly why: string }
  | { readonly kind: 'note'; readonly message: string }
  /** Told again and again as long as it lasts. */
  | { readonly kind: 'trouble'; readonly message: string }

/** How long until an empty queue is asked again. */
const pollMs = 1_000

const pruneEveryMs = 3_600_000

/** Whose engine does not answer for so long cannot end its work. */
const patienceMs = 120_000

/**
 * Takes rehearsals from the queue and stores what comes of them, until the signal, or with `once` until there are
 * none. A queue that cannot be reached is waited for. Throws HarnessError `no-engine` with `once`, when the engine does not answer for
 * two minutes.
 */
export async function work(queue: FleetQueue, options: WorkerOptions): Promise<void> {
  const { signal, once, parallel, tell } = options
  const sweep = async () => await sweepAfter(options.engine.serverUrl)
  const watch = watchEngine(options.engine, {
    tell: (message) => tell({ kind: 'note', message }),
    onReturn: sweep,
  })
  await sweep()
  let prunedAt = -Infinity
  const prune = async () => {
    if (Date.now() - prunedAt < pruneEveryMs) return
    prunedAt = Date.now()
    for (const message of await pruneReports(queue, options.directory)) tell({ kind: 'note', message })
  }
  const ended = new AbortController()
  const stopped = AbortSignal.any([signal, ended.signal])
  const slot = async () => {
    while (!stopped.aborted) {
      await prune()
      const did = await step(queue, watch, { ...options, signal: stopped }).catch(async (error: unknown) => {
        tell({ kind: 'trouble', message: `The queue does not answer: ${messageOf(error)}` })
        return 'nothing' as const
      })
      if (did === 'something') continue
      if (once && (await isEmpty(queue).catch(() => false))) return
      if (once) throwIfSilent(watch)
      await sleep(did === 'failed' ? 3 * pollMs : pollMs, undefined, { signal: stopped }).catch(() => {})
    }
  }
  const ends = await Promise.allSettled(
    Array.from({ length: parallel }, async () => {
      try {
        await slot()
      } catch (error) {
        ended.abort()
        throw error
      }
    }),
  )
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Looks for something to do and does it. After a rehearsal that failed here others are given the chance to take it. */
async function step(
  queue: FleetQueue,
  watch: EngineWatch,
  options: WorkerOptions,
): Promise<'something' | 'nothing' | 'failed'> {
  const { fleetFile: path, cwd, environment, tell } = options
  if (path !== undefined) {
    const message = await takeRound(queue, { path, cwd, environment })
    if (message !== undefined) tell({ kind: 'note', message })
  }
  if (!(await watch.answers()) || options.signal.aborted) return 'nothing'
  const claim = await claimNext(queue)
  if (claim === undefined) return 'nothing'
  tell({ kind: 'begun', claim })
  return await rehearse(queue, claim, watch, options)
}

async function rehearse(
  queue: FleetQueue,
  claim: Claim,
  watch: EngineWatch,
  options: WorkerOptions,
): Promise<'something' | 'failed'> {
  const { tell, signal } = options
  if (claim.failures.length >= queue.settings.attempts) {
    await store(queue, claim, givenUp(claim), options)
    return 'something'
  }
  const hold = holdClaim(queue, claim)
  try {
    // What an attempt before left here, if it was here.
    if (claim.number > 1) await sweepAfter(options.engine.serverUrl)
    const result = notUnderstood(claim) ?? (await resultOf(queue, claim, hold, options))
    const lost = hold.lost()
    if (lost !== undefined) {
      tell({ kind: 'lost', claim, why: lost })
      return 'something'
    }
    if (signal.aborted && result.verdict !== 'passed') {
      tell({ kind: 'given-back', claim, why: 'This worker ends.' })
      await insist(async () => await giveBack(queue, claim))
      return 'something'
    }
    const why = await retryable(claim, result, watch, options.engine)
    if (why !== undefined && claim.failures.length + 1 < queue.settings.attempts) {
      tell({ kind: 'given-back', claim, why })
      await insist(async () => await giveBack(queue, claim, why))
      return 'failed'
    }
    await store(queue, claim, withFailures(result, claim), options)
    return 'something'
  } finally {
    hold.release()
  }
}

async function resultOf(
  { settings }: FleetQueue,
  { database, round, timeoutMs, number }: Claim,
  hold: Hold,
  { cwd, directory, environment, signal, parallel }: WorkerOptions,
): Promise<FleetResult> {
  const result = await rehearseDatabase(database, {
    cwd,
    directory: join(directory, round),
    signal: AbortSignal.any([signal, hold.signal]),
    // Empty and not away, as `.env` fills in what is away: what is rehearsed does not get to the queue.
    environment: { ...environment, [settings.variable]: '' },
    timeoutMs: timeoutMs ?? undefined,
    attempt: number,
    atOnce: parallel,
  })
  const reports = Object.fromEntries(
    Object.entries(result.reports).map(([name, path]) => [name, `${round}/${path}`]),
  )
  return { ...result, reports }
}

async function retryable(
  { database, timeoutMs }: Claim,
  result: FleetResult,
  watch: EngineWatch,
  base: EngineSettings,
): Promise<string | undefined> {
  if (result.verdict === 'passed') return undefined
  const own = engineSettings(database.settings, base)
  // A server that only this database is rehearsed on is no reason to take no others.
  const engineAnswers = isSame(own, base)
    ? await watch.answers({ now: true })
    : (await engineProblem(own)) === undefined
  return retryReason(result, { engineAnswers, timeoutMs })
}

function isSame(one: EngineSettings, other: EngineSettings): boolean {
  return one.engine === other.engine && one.serverUrl === other.serverUrl
}

async function store(
  queue: FleetQueue,
  claim: Claim,
  result: FleetResult,
  { tell }: WorkerOptions,
): Promise<void> {
  const isStored = await insist(async () => await settle(queue, claim, result))
  if (isStored) tell({ kind: 'stored', claim, result })
  else tell({ kind: 'lost', claim, why: 'Another worker has it, or it was cancelled.' })
}

/** Tries for a while what the queue may not take just now; a result took long to come by. */
async function insist<Result>(action: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await action()
    } catch (error) {
      if (tries === 10) throw error
      await sleep(tries * 500)
    }
  }
}

function throwIfSilent(watch: EngineWatch): void {
  const since = watch.silentSince()
  if (since === undefined || Date.now() - since.getTime() < patienceMs) return
  throw new HarnessError('no-engine', `The engine has not answered since ${since.toISOString()}.`, {
    hint: '`rehearse doctor` says what is wrong; other workers take what waits.',
  })
}
