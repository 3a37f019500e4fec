import { endsRound, keptOfClient, readClientMessage } from './client-messages.ts'
import type { MutableConnection } from './dialogue.ts'
import { dialogue, hangUp, inFlight } from './dialogue.ts'
import { framer } from './framing.ts'
import type { Recorded, Recorder } from './recorder.ts'
import type { Reader, Step } from './relay.ts'
import { keptOfServer, opensCopy, readServerMessage } from './server-messages.ts'
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
  /** Counts inspections that were rejected; the client goes on all the same. */
  readonly onInspectionFailed: (error: unknown) => void
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
export function conversation(connection: MutableConnection, recorder: Recorder, hooks: Hooks): Conversation {
  const state = dialogue(connection, recorder)
  const round = gate()
  let at = 0
  let stop: Omit<Step, 'read'> | undefined

  const client = framer(keptOfClient(hooks.maxTextBytes), (type, body, length, start, end) => {
    const statement = readClientMessage(state, type, body, length, at)
    if (statement !== undefined && hooks.onBeforeStatement?.(statement) === 'cut') {
      stop = { forward: Math.max(0, start), act: 'cut' }
    } else if (hooks.inspect !== undefined && endsRound(type)) {
      stop = { forward: end, act: round.close() }
    }
    return stop !== undefined
  })

  const server = framer(keptOfServer, (type, body, length, start) => {
    const settled = readServerMessage(state, type, body, length, at)
    if (opensCopy(type)) round.open()
    if (settled === undefined) return false
    notify(settled)
    if (hooks.inspect === undefined) return false
    if (connection.transaction === 'idle') round.open()
    else stop = { forward: Math.max(0, start), act: inspected(hooks.inspect, settled) }
    return stop !== undefined
  })

  async function inspected(inspect: NonNullable<Hooks['inspect']>, settled: Recorded[]): Promise<void> {
    try {
      await inspect(connection.backendPid, settled)
    } catch (error) {
      hooks.onInspectionFailed(error)
    } finally {
      round.open()
    }
  }

  function notify(settled: readonly Recorded[]): void {
    if (hooks.onStatement !== undefined) for (const statement of settled) hooks.onStatement(statement)
  }

  function reader(stream: typeof client, holds: boolean): Reader {
    return {
      holds,
      read(chunk, offset) {
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
    fromClient: reader(client, hooks.onBeforeStatement !== undefined || hooks.inspect !== undefined),
    fromServer: reader(server, hooks.inspect !== undefined),
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
