import type { MigrationSource } from '../plan.ts'
import { urlOf } from '../postgres/url.ts'
import type { NodeChild } from '../runs/process-group.ts'
import { listen, startChild } from './child-process.ts'
import {
  endOnAbort,
  leaveNoSession,
  loading,
  outcomeOf,
  watchSessions,
  type MigratorOptions,
} from './migrator.ts'
import { transcriptOf, type MigratorOutcome } from './outcome.ts'
import type { Message, Request } from './protocol.ts'
import { tsxVariables } from './tsx-variables.ts'

/** The app's Migrator, asked for one operation after the other. */
export interface MigratorSession {
  /**
   * As `runMigrator`: returns what was seen, whatever the migrations do, and leaves no session. Every operation
   * has a Migrator and connections of its own; the process is the same while nothing speaks against it.
   */
  perform(request: Pick<Request, 'operation' | 'steps'>): Promise<MigratorOutcome>
  /** Ends the process; safe to call twice. */
  close(): Promise<void>
}

/**
 * Runs many operations of the app's Migrator without loading the migrations each time. A process that has ended,
 * by itself or because the Migrator is the app's own and keeps its connections, is replaced by another.
 */
export function openMigrator(source: MigrationSource, options: MigratorOptions): MigratorSession {
  let live: LiveChild | undefined
  const end = async (): Promise<void> => {
    const ending = live
    live = undefined
    if (ending === undefined) return
    await ending.child.end()
    ending.unbind()
  }
  return {
    close: end,
    async perform(request) {
      options.signal?.throwIfAborted()
      live ??= await start(source, options)
      const { outcome, stays } = await performOn(live, { ...request, source }, options).catch(
        async (error: unknown) => {
          await end()
          throw error
        },
      )
      if (!stays) await end()
      await leaveNoSession(options, outcome.ended === 'done' ? options.stallTimeoutMs : 0)
      return outcome
    },
  }
}

interface LiveChild {
  readonly child: NodeChild
  readonly unbind: () => void
  hear: (message: Message) => void
}

async function start(source: MigrationSource, options: MigratorOptions): Promise<LiveChild> {
  const environment = { ...options.environment, ...(await tsxVariables(source.path)) }
  const child = startChild({ ...options, environment })
  const live: LiveChild = { child, unbind: endOnAbort(child, options), hear: () => {} }
  listen(child, (message) => live.hear(message))
  return live
}

async function performOn(
  live: LiveChild,
  request: Omit<Request, 'connectionString'>,
  options: MigratorOptions,
): Promise<{ outcome: MigratorOutcome; stays: boolean }> {
  const { child } = live
  const messages: Message[] = []
  const loaded = Promise.withResolvers<undefined>()
  const done = Promise.withResolvers<null>()
  let moved = (): void => {}
  live.hear = (message) => {
    messages.push(message)
    moved()
    if (message.kind === 'loaded') loaded.resolve(undefined)
    if (message.kind === 'done' && message.stays) done.resolve(null)
    options.onMessage?.(message)
  }
  send(child, { ...request, connectionString: urlOf(options.connection), more: true })
  await loading(child, loaded.promise, options)
  const watch = watchSessions(options)
  moved = watch.touch
  const exited = child.exited.then(() => null)
  const stall = await Promise.race([done.promise, exited, watch.stalled]).finally(() => watch.stop())
  options.signal?.throwIfAborted()
  const last = messages.at(-1)
  const transcript = transcriptOf(messages)
  if (last?.kind !== 'done' || !last.stays || transcript === undefined) {
    return { outcome: await outcomeOf(child, messages, stall), stays: false }
  }
  const { output } = child
  const outcome = { ...transcript, ended: 'done', stall: null, exitCode: null, signal: null } as const
  return { outcome: { ...outcome, output: output() }, stays: true }
}

function send(child: NodeChild, request: Request): void {
  child.process.send(request, () => {})
}
