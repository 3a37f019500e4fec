import { setTimeout as pause } from 'node:timers/promises'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { urlOf } from '../postgres/url.ts'
import type { NodeChild } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'
import { listen, startChild } from './child-process.ts'
import { transcriptOf } from './outcome.ts'
import type { MigratorOutcome } from './outcome.ts'
import type { Message, Request, ThrownError } from './protocol.ts'
import { endSessions } from './sessions.ts'
import type { SpareChildren } from './spare.ts'
import { watchForStall } from './stall-watch.ts'
import type { StallWatch } from './stall-watch.ts'
import type { Stall } from './stall.ts'
import { tsxVariables } from './tsx-variables.ts'

export interface MigratorOptions {
  /** What the migrations connect to; for `list`, `nowhere`. */
  readonly connection: Connection
  /** The same database by a way that does not pass the trace's tap; default `connection`. */
  readonly watch?: Connection
  /** The child's whole environment; see `childEnvironment`. */
  readonly environment: Readonly<Record<string, string>>
  readonly cwd: string
  /** A migrator whose sessions have not moved for so long is ended. */
  readonly stallTimeoutMs: number
  /** Importing the migrations may take so long; default 60 s. */
  readonly loadTimeoutMs?: number
  /** Another migrator works on the database meanwhile, whose sessions are left alone; default false. */
  readonly shared?: boolean
  /** Awaited between loading the migrations and running them; must settle. */
  readonly gate?: () => Promise<void>
  readonly signal?: AbortSignal
  readonly onMessage?: (message: Message) => void
  readonly run: Run
  /** Children to take before one is started. */
  readonly spares?: SpareChildren | undefined
}

export type MigratorRequest = Omit<Request, 'connectionString' | 'gated' | 'environment'>

/**
 * Runs one operation of the app's Migrator in a child process and returns what was seen, whatever the
 * migrations do. No process and no session of it is left. Throws HarnessError when the migrations
 * cannot be loaded, and the signal's reason when it is aborted.
 */
export async function runMigrator(
  request: MigratorRequest,
  options: MigratorOptions,
): Promise<MigratorOutcome> {
  options.signal?.throwIfAborted()
  const messages: Message[] = []
  const loaded = Promise.withResolvers<undefined>()
  let moved = (): void => {}
  const environment = { ...options.environment, ...(await tsxVariables(request.source.path)) }
  const spare = options.spares?.take()
  const child = spare ?? startChild({ ...options, environment })
  listen(child, (message) => {
    messages.push(message)
    moved()
    if (message.kind === 'loaded') loaded.resolve(undefined)
    options.onMessage?.(message)
  })
  const unbind = endOnAbort(child, options)
  try {
    const order = {
      ...request,
      connectionString: urlOf(options.connection),
      gated: options.gate !== undefined,
    } satisfies Request
    child.process.send(spare === undefined ? order : { ...order, environment }, () => {})
    if (request.operation === 'list') await loading(child, child.exited, options)
    else await loading(child, loaded.promise, options)
    if (options.gate !== undefined) {
      await options.gate()
      child.process.send('go', () => {})
    }
    const watch = request.operation === 'list' ? undefined : watchSessions(options)
    moved = watch?.touch ?? moved
    const stall = await running(child, watch)
    options.signal?.throwIfAborted()
    return await outcomeOf(child, messages, stall)
  } finally {
    await child.end()
    unbind()
    const isDone = messages.at(-1)?.kind === 'done'
    if (request.operation !== 'list') await leaveNoSession(options, isDone ? options.stallTimeoutMs : 0)
  }
}

/** Ends the child when the signal says so; returns how to undo that. */
export function endOnAbort(child: NodeChild, { signal }: MigratorOptions): () => void {
  const end = (): void => void child.end()
  signal?.addEventListener('abort', end)
  return () => signal?.removeEventListener('abort', end)
}

/** Waits for `loaded`, or for the child's end. Throws HarnessError `migrations-load-timeout`. */
export async function loading(
  child: NodeChild,
  loaded: Promise<unknown>,
  options: MigratorOptions,
): Promise<void> {
  const { loadTimeoutMs = 60_000 } = options
  const limit = new AbortController()
  const late = pause(loadTimeoutMs, 'late', { signal: limit.signal }).catch(() => 'in time')
  const first = await Promise.race([loaded, child.exited, late])
  limit.abort()
  if (first !== 'late') return
  throw new HarnessError(
    'migrations-load-timeout',
    `The migrations did not load within ${loadTimeoutMs} ms.`,
    {
      hint: 'Look for code that runs when the migrations are imported and waits for something.',
    },
  )
}

/** Watches the sessions of the migrator by a way that the trace does not see. */
export function watchSessions({ watch, connection, stallTimeoutMs }: MigratorOptions): StallWatch {
  return watchForStall(watch ?? connection, stallTimeoutMs)
}

/** Resolves when the child has ended by itself (null) or was ended because nothing moved. */
async function running(child: NodeChild, watch: StallWatch | undefined): Promise<Stall | null> {
  const exited = child.exited.then(() => null)
  if (watch === undefined) return exited
  try {
    return await Promise.race([exited, watch.stalled])
  } finally {
    await watch.stop()
  }
}

/** What the child's messages and its end add up to; ends it. Throws HarnessError when the migrations did not load. */
export async function outcomeOf(
  child: NodeChild,
  messages: readonly Message[],
  stall: Stall | null,
): Promise<MigratorOutcome> {
  await child.end()
  const { exitCode, signal } = await child.exited
  const transcript = transcriptOf(messages)
  const failed = messages.findLast((message) => message.kind === 'failed')
  if (failed?.phase === 'load') throw notLoaded(failed.error)
  if (transcript === undefined) throw endedWhileLoading(exitCode, signal, child.output())
  const last = messages.at(-1)?.kind
  const ended = last === 'done' || last === 'failed' ? last : stall === null ? 'exited' : 'stalled'
  return { ...transcript, ended, stall, exitCode, signal, output: child.output() }
}

function notLoaded({ name, message, stack, fields }: ThrownError): HarnessError {
  const cause = new Error(message)
  cause.stack = stack
  const isOurs = name === 'LoadError'
  return new HarnessError(
    isOurs && fields['code'] !== undefined ? fields['code'] : 'migrations-not-loaded',
    isOurs ? message : `The migrations cannot be loaded: ${message}`,
    { hint: (isOurs ? fields['hint'] : undefined) ?? 'Fix the error, then run again.', cause },
  )
}

function endedWhileLoading(exitCode: number | null, signal: string | null, output: string): HarnessError {
  const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`
  return new HarnessError(
    'migrations-not-loaded',
    `The process ended ${how} while the migrations were imported.`,
    {
      hint: 'Look for a process.exit in what the migrations import.',
      cause: new Error(output.slice(-2000)),
    },
  )
}

/** Waits for the migrator's sessions to end, and ends them after `graceMs`. */
export async function leaveNoSession(
  { watch, connection, shared = false }: MigratorOptions,
  graceMs: number,
): Promise<void> {
  if (shared) return
  // A server that is gone has no sessions.
  await withClient(watch ?? connection, (client) => endSessions(client, graceMs)).catch(() => {})
}
