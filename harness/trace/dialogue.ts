import type { KeptText, Recorded, Recorder } from './recorder.ts'
import type { Statement, TappedConnection, TransactionStatus, WireError } from './statement.ts'

/** What both directions of one connection know of each other: what was asked and is not yet answered. */
export interface Dialogue {
  readonly connection: MutableConnection
  readonly recorder: Recorder
  /** Answers the server still owes, in order. */
  readonly queue: Expectation[]
  /** Prepared statements by name. */
  readonly prepared: Map<string, KeptText>
  /** Statements parsed since the last Sync and not bound yet, by prepared statement's name. */
  readonly drafts: Map<string, Recorded>
  /** What each portal runs. */
  readonly portals: Map<string, Recorded>
  /** Ended, and waiting for ReadyForQuery to tell the transaction's status. */
  settling: Recorded[]
  /** The last Execute since the last Sync. */
  lastExecuted: Recorded | undefined
  /** After an error the server ignores everything up to the next Sync. */
  skipping: boolean
  /** The server takes COPY data and ignores Sync. */
  copyingIn: boolean
}

export type MutableConnection = { -readonly [Key in keyof TappedConnection]: TappedConnection[Key] }

/** `copy-end` is no answer but the place where the client ended a COPY before the server had begun it. */
export type ExpectationKind =
  | 'query'
  | 'parse'
  | 'bind'
  | 'describe'
  | 'execute'
  | 'close'
  | 'function'
  | 'sync'
  | 'copy-end'

export interface Expectation {
  readonly kind: ExpectationKind
  /** What it is about. A string's next part is here before anything shows that it exists. */
  statement: Recorded | undefined
  /** Takes back what was remembered in the belief that this would succeed. */
  readonly undo?: () => void
}

/** A dialogue in which nothing was said. */
export function dialogue(connection: MutableConnection, recorder: Recorder): Dialogue {
  return {
    connection,
    recorder,
    queue: [],
    prepared: new Map(),
    drafts: new Map(),
    portals: new Map(),
    settling: [],
    lastExecuted: undefined,
    skipping: false,
    copyingIn: false,
  }
}

/** A statement that runs from `startedAt` and is in no list yet. */
export function begin(
  { connection }: Dialogue,
  protocol: Statement['protocol'],
  { text, truncated }: KeptText,
  startedAt: number,
): Recorded {
  return {
    connection: connection.connection,
    backendPid: connection.backendPid,
    text,
    textTruncated: truncated,
    part: 1,
    protocol,
    parameters: 0,
    startedAt,
    durationMs: 0,
    outcome: 'running',
    tag: null,
    rows: 0,
    copiedBytes: 0,
    transaction: 'unknown',
    error: null,
    notices: [],
  }
}

/** The answer that is due next. */
export function due({ queue }: Dialogue): Expectation | undefined {
  while (queue[0]?.kind === 'copy-end') queue.shift()
  return queue[0]
}

/** Takes the first expectation of these kinds and all before it off the queue; none when there is none. */
export function answered({ queue }: Dialogue, kinds: readonly ExpectationKind[]): Expectation[] {
  const index = queue.findIndex((expectation) => kinds.includes(expectation.kind))
  return index < 0 ? [] : queue.splice(0, index + 1)
}

/** Ends a running and recorded statement; ReadyForQuery still tells its transaction's status. */
export function end(
  dialogue: Dialogue,
  statement: Recorded,
  at: number,
  outcome: Recorded['outcome'],
  tag: string | null = null,
): void {
  statement.outcome = outcome
  statement.durationMs = at - statement.startedAt
  statement.tag = tag
  const count = tag === null ? undefined : /\d+$/.exec(tag)?.[0]
  if (outcome !== 'suspended') statement.rows = Number(count ?? 0)
  // What the recorder dropped is not kept here either: a string may have a million parts.
  if (dialogue.recorder.keeps(statement)) dialogue.settling.push(statement)
}

/** Marks a statement as failed, also one that had completed before its commit failed. */
export function fail(dialogue: Dialogue, statement: Recorded, at: number, error: WireError): void {
  if (statement.outcome === 'running') end(dialogue, statement, at, 'failed')
  statement.outcome = 'failed'
  statement.tag = null
  statement.rows = 0
  statement.error = error
}

/** Drops what the server will not answer, up to the next Sync; to be called again when that has come. */
export function skip(dialogue: Dialogue, at: number): void {
  const { queue } = dialogue
  const sync = queue.findIndex(({ kind }) => kind === 'sync')
  const dropped = queue.splice(0, sync < 0 ? queue.length : sync)
  dialogue.skipping = sync < 0
  for (const { kind, statement, undo } of dropped.toReversed()) {
    undo?.()
    if (kind === 'execute' && statement?.outcome === 'running') end(dialogue, statement, at, 'skipped')
  }
}

/** Ends the round: the statements that ended in it, with the transaction's status after it. */
export function settle(dialogue: Dialogue, status: TransactionStatus): Recorded[] {
  const settled = dialogue.settling
  dialogue.settling = []
  for (const statement of settled) statement.transaction = status
  return settled
}

/** Statements that the server has received and not answered. */
export function inFlight({ queue }: Dialogue): Recorded[] {
  const running = queue.flatMap(({ statement }) => (statement?.outcome === 'running' ? [statement] : []))
  return [...new Set(running)]
}

/** The connection is gone: whatever the server still owes is lost. Returns all that was not settled. */
export function hangUp(dialogue: Dialogue, at: number): Recorded[] {
  for (const statement of inFlight(dialogue)) {
    dialogue.recorder.add(statement)
    end(dialogue, statement, at, 'lost')
  }
  dialogue.queue.length = 0
  dialogue.connection.open = false
  return settle(dialogue, 'unknown')
}
