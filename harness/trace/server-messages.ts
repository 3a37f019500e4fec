import type { Dialogue, Expectation } from './dialogue.ts'
import { answered, begin, due, end, fail, settle, skip } from './dialogue.ts'
import { readError, readNotice, readText } from './fields.ts'
import type { Recorded } from './recorder.ts'
import type { TransactionStatus } from './statement.ts'

/** How much of each server message's body the tap reads: nothing of rows and COPY data. */
export function keptOfServer(type: number): number {
  switch (type) {
    case code.commandComplete:
      return 200
    case code.error:
    case code.notice:
      return 64_000
    case code.readyForQuery:
      return 1
    case code.backendKeyData:
      return 4
    default:
      return 0
  }
}

/** Takes note of one server message; for ReadyForQuery it returns the statements of the round that it ends. */
export function readServerMessage(
  dialogue: Dialogue,
  type: number,
  body: Buffer,
  length: number,
  at: number,
): Recorded[] | undefined {
  switch (type) {
    case code.dataRow:
      return dataRow(dialogue)
    case code.copyData:
      return copyData(dialogue, length)
    case code.commandComplete:
      return finish(dialogue, at, 'completed', readText(body, 0).text)
    case code.emptyQuery:
      return finish(dialogue, at, 'completed', null)
    case code.portalSuspended:
      return finish(dialogue, at, 'suspended', null)
    case code.parseComplete:
      return void answered(dialogue, ['parse'])
    case code.bindComplete:
      return void answered(dialogue, ['bind'])
    case code.closeComplete:
      return void answered(dialogue, ['close'])
    case code.rowDescription:
    case code.noData:
      return described(dialogue)
    case code.functionResponse:
      return finish(dialogue, at, 'completed', null)
    case code.copyIn:
    case code.copyBoth:
      return copyIn(dialogue)
    case code.error:
      return failed(dialogue, body, at)
    case code.notice:
      return notice(dialogue, body)
    case code.backendKeyData:
      dialogue.connection.backendPid = body.readInt32BE(0)
      return undefined
    case code.readyForQuery:
      return ready(dialogue, body, at)
    default:
      return undefined
  }
}

/** The server begins a COPY from the client (or a replication stream): the client's data may follow now. */
export const opensCopy = (type: number): boolean => type === code.copyIn || type === code.copyBoth

function dataRow(dialogue: Dialogue): undefined {
  const statement = due(dialogue)?.statement
  if (statement === undefined) return
  if (statement.rows === 0) dialogue.recorder.add(statement)
  statement.rows += 1
}

function copyData(dialogue: Dialogue, length: number): undefined {
  const statement = due(dialogue)?.statement
  if (statement !== undefined) statement.copiedBytes += length
}

function finish(
  dialogue: Dialogue,
  at: number,
  outcome: 'completed' | 'suspended',
  tag: string | null,
): undefined {
  const expectation = due(dialogue)
  const statement = expectation?.statement
  if (expectation === undefined || statement === undefined) return
  dialogue.recorder.add(statement)
  end(dialogue, statement, at, outcome, tag)
  if (expectation.kind === 'query') beginNextPart(dialogue, expectation, statement, at)
  if (expectation.kind === 'execute') dialogue.queue.shift()
}

/** Nothing tells yet whether the string has another statement; if it has, the server is at it now. */
function beginNextPart(dialogue: Dialogue, expectation: Expectation, ended: Recorded, at: number): void {
  const text = { text: ended.text, truncated: ended.textTruncated }
  expectation.statement = begin(dialogue, 'simple', text, at)
  expectation.statement.part = ended.part + 1
}

/** A RowDescription answers a Describe, or opens the rows of a simple query. */
function described(dialogue: Dialogue): undefined {
  const expectation = due(dialogue)
  if (expectation?.kind === 'describe') dialogue.queue.shift()
  else if (expectation?.statement !== undefined) dialogue.recorder.add(expectation.statement)
}

/**
 * The server ignores every Sync it reads while it takes COPY data, so those sent behind the Execute are void.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
function copyIn(dialogue: Dialogue): undefined {
  const expectation = due(dialogue)
  if (expectation?.statement === undefined) return
  dialogue.recorder.add(expectation.statement)
  const { queue } = dialogue
  const copyEnd = queue.findIndex(({ kind }) => kind === 'copy-end')
  dialogue.copyingIn = copyEnd < 0
  if (expectation.kind !== 'execute') return
  const rest = queue.splice(1)
  const until = copyEnd < 0 ? rest.length : copyEnd - 1
  queue.push(...rest.filter(({ kind }, index) => index > until || (index < until && kind !== 'sync')))
  if (copyEnd < 0) dialogue.lastExecuted = expectation.statement
}

function failed(dialogue: Dialogue, body: Buffer, at: number): undefined {
  const error = readError(body)
  const expectation = due(dialogue)
  dialogue.copyingIn = false
  if (expectation?.statement === undefined) dialogue.connection.error = error
  if (expectation === undefined) return
  if (expectation.statement !== undefined) {
    dialogue.recorder.add(expectation.statement)
    fail(dialogue, expectation.statement, at, error)
  }
  const isExtended = !['query', 'function', 'sync'].includes(expectation.kind)
  if (isExtended) skip(dialogue, at)
}

function notice(dialogue: Dialogue, body: Buffer): undefined {
  const notices = due(dialogue)?.statement?.notices
  if (notices !== undefined && notices.length < 20) notices.push(readNotice(body))
}

function ready(dialogue: Dialogue, body: Buffer, at: number): Recorded[] {
  const { connection, queue, portals, recorder } = dialogue
  for (const { kind, statement } of answered(dialogue, ['query', 'function', 'sync'])) {
    if (statement === undefined || !['query', 'function', 'execute'].includes(kind)) continue
    // What looked like a string's next part and was never recorded did not exist.
    const ran = statement.outcome === 'running' && recorder.keeps(statement)
    if (ran) end(dialogue, statement, at, 'completed')
  }
  dialogue.copyingIn = false
  connection.transaction = statuses[body[0] ?? 0] ?? 'unknown'
  // Portals do not survive their transaction.
  if (connection.transaction === 'idle' && queue.length === 0) portals.clear()
  return settle(dialogue, connection.transaction)
}

/** What ReadyForQuery's byte means. */
export const statuses: Partial<Record<number, TransactionStatus>> = {
  0x49: 'idle',
  0x54: 'in-transaction',
  0x45: 'failed',
}

const code = {
  backendKeyData: 0x4b,
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  copyBoth: 0x57,
  copyData: 0x64,
  copyIn: 0x47,
  dataRow: 0x44,
  emptyQuery: 0x49,
  error: 0x45,
  functionResponse: 0x56,
  noData: 0x6e,
  notice: 0x4e,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const
