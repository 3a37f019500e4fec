import { endsRound, keptOfClient, opensRound, readClientMessage, sqlOf } from './client-messages.ts'
import type { MutableConnection } from './dialogue.ts'
import { dialogue, hangUp, inFlight } from './dialogue.ts'
import { framer } from './framing.ts'
import type { OwnSession } from './injection.ts'
import type { Recorded, Recorder } from './recorder.ts'
import type { Reader, Step } from './relay.ts'
import { keptOfServer, opensCopy, readServerMessage, statuses } from './server-messages.ts'
import type { Statement } from './statement.ts'

/** What may be done around statements; the tap hands through its options. */
export interface Hooks {
  readonly maxTextBytes: number
  /** Called once for each statement, as soon as its transaction's status is known or its connection is gone. */
  readonly onStatement?: (statement: Statement) => void
  /** Called for each statement before the server receives it; `cut` ends the connection instead. */
  readonly onBeforeStatement?: (statement: Statement) => 'pass' | 'cut'
  /**
   * Called at the end of each round (a Query or Sync) that leaves a transaction block open, failed or not,
   * before the client hears of it and before the server hears of anything later, with the statements of the round. The client waits
   * for the promise.
   */
  readonly inspect?: (backendPid: number, statements: readonly Statement[]) => Promise<void>
  /** Called around rounds with the client's own session; the client is held back meanwhile. */
  readonly rounds?: RoundHooks
  /** Counts inspections that were rejected; the client goes on all the same. */
  readonly onInspectionFailed: (error: unknown) => void
}

/** What an observer does on a client's session between its requests. Statements of its own are not recorded. */
export interface RoundHooks {
  /** Before a round outside a transaction block reaches the server; `sql` is null when it is not known. */
  before(session: OwnSession, sql: string | null): Promise<void>
  /**
   * After each round, before the client hears that it ended. The client is told the transaction status that
   * own queries leave, so a block opened in `before` and closed here stays unseen.
   */
  after(session: OwnSession, statements: readonly Statement[]): Promise<void>
}

/** Both directions of one connection behind its startup, read as statements. */
export interface Conversation {
  readonly fromClient: Reader
  readonly fromServer: Reader
  inFlight(): Statement[]
  /** To be called when the connection is gone; ends the statements that the server still owed an answer. */
  hangUp(): void
}

/** Epoch milliseconds with fractions. */
export const now = (): number => performance.timeOrigin + performance.now()

/** Begins to read a connection; what is learnt goes to `recorder` and into `connection`. */
export function conversation(
  connection: MutableConnection,
  recorder: Recorder,
  hooks: Hooks,
  session: OwnSession,
): Conversation {
  const state = dialogue(connection, recorder)
  const round = gate()
  const inspects = hooks.inspect !== undefined || hooks.rounds !== undefined
  let at = 0
  let inRound = false
  let stop: Omit<Step, 'read'> | undefined

  const client = framer(keptOfClient(hooks.maxTextBytes), (type, body, length, start, end) => {
    const begins = hooks.rounds !== undefined && !inRound && opensRound(type)
    const sql = begins ? sqlOf(state, type, body) : null
    const statement = readClientMessage(state, type, body, length, at)
    const verdict = statement === undefined ? 'pass' : (hooks.onBeforeStatement?.(statement) ?? 'pass')
    if (verdict === 'cut') {
      stop = { forward: Math.max(0, start), act: 'cut' }
      return true
    }
    if (inspects && endsRound(type)) stop = { forward: end, act: round.close }
    if (begins) inRound = true
    if (begins && connection.transaction === 'idle') {
      stop = { forward: Math.max(0, start), act: () => begun(start >= 0, sql), next: stop }
    }
    return stop !== undefined
  })

  const server = framer(keptOfServer, (type, body, length, start, end) => {
    const settled = readServerMessage(state, type, body, length, at)
    if (opensCopy(type)) round.open()
    if (settled === undefined) return false
    if (hooks.rounds !== undefined && inRound) {
      const held = chunkFromServer
      stop = { forward: Math.max(0, start), act: () => ended(settled, held, end) }
      return true
    }
    notify(settled)
    if (hooks.inspect === undefined) return false
    if (connection.transaction === 'idle') round.open()
    else stop = { forward: Math.max(0, start), act: () => inspect(settled) }
    return stop !== undefined
  })

  async function inspect(settled: readonly Recorded[]): Promise<void> {
    await attempt(hooks.inspect?.(connection.backendPid, settled))
    round.open()
  }

  async function begun(isWhole: boolean, sql: string | null): Promise<void> {
    // Part of a request that came in several chunks is with the server already: no boundary any more.
    if (isWhole) await attempt(hooks.rounds?.before(session, sql))
    else hooks.onInspectionFailed(new Error('a request too large to be observed from its beginning'))
  }

  /** `held` ends with ReadyForQuery, whose last byte is the status that the client is told. */
  async function ended(settled: readonly Recorded[], held: Buffer, end: number): Promise<void> {
    if (end === held.length) await attempt(hooks.rounds?.after(session, settled))
    else hooks.onInspectionFailed(new Error('the server went on behind the end of a round'))
    const status = Object.entries(statuses).find(([, name]) => name === connection.transaction)
    if (status !== undefined) held[end - 1] = Number(status[0])
    for (const statement of settled) statement.transaction = connection.transaction
    notify(settled)
    inRound = false
    round.open()
  }

  async function attempt(work: Promise<void> | undefined): Promise<void> {
    await work?.catch((error: unknown) => hooks.onInspectionFailed(error))
  }

  function notify(settled: readonly Recorded[]): void {
    if (hooks.onStatement !== undefined) for (const statement of settled) hooks.onStatement(statement)
  }

  let chunkFromServer: Buffer = Buffer.alloc(0)

  function reader(stream: typeof client, holds: boolean): Reader {
    return {
      holds,
      read(chunk, offset) {
        if (stream === server) chunkFromServer = chunk
        if (!connection.readable) return { forward: chunk.length, read: chunk.length, act: undefined }
        at = now()
        stop = undefined
        const read = pushed(stream, chunk, offset, connection)
        if (!connection.readable) round.open()
        const step = stop ?? { forward: chunk.length, act: undefined }
        stop = undefined
        return { ...step, read }
      },
    }
  }

  return {
    fromClient: reader(client, hooks.onBeforeStatement !== undefined || inspects),
    fromServer: reader(server, inspects),
    inFlight: () => inFlight(state),
    hangUp() {
      notify(hangUp(state, now()))
      round.open()
    },
  }
}

/** What is no protocol message (RangeError: shorter than its kind) makes the connection unreadable, no more. */
function pushed(
  stream: ReturnType<typeof framer>,
  chunk: Buffer,
  offset: number,
  connection: MutableConnection,
): number {
  try {
    return stream.push(chunk, offset)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    connection.readable = false
    return chunk.length
  }
}

/** Closed behind each request while statements are inspected, so that a pipeline runs round by round. */
function gate() {
  let opened = Promise.withResolvers<void>()
  opened.resolve()
  return {
    close() {
      opened = Promise.withResolvers<void>()
      return opened.promise
    },
    open: () => opened.resolve(),
  }
}
