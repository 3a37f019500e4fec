import type { Dialogue, ExpectationKind } from './dialogue.ts'
import { begin, due, skip } from './dialogue.ts'
import { readText } from './fields.ts'
import type { KeptText, Recorded } from './recorder.ts'

/** Types of the messages that make the server answer with ReadyForQuery. */
export const endsRound = (type: number): boolean =>
  type === code.query || type === code.sync || type === code.functionCall

/** Whether a message of this type is a request, or part of one: it may be the first of a round. */
export const opensRound = (type: number): boolean => requests.has(type)

/** The SQL that a round's first message is about; null when it names none that is known. */
export function sqlOf({ prepared }: Dialogue, type: number, body: Buffer): string | null {
  if (type === code.query) return readText(body, 0).text
  const { next } = readText(body, 0)
  if (type === code.parse) return readText(body, next).text
  return type === code.bind ? (prepared.get(readText(body, next).text)?.text ?? null) : null
}

/** How much of each client message's body the tap reads: nothing of passwords, COPY data and the unknown. */
export function keptOfClient(maxTextBytes: number): (type: number) => number {
  const kept: Partial<Record<number, number>> = {
    [code.query]: maxTextBytes + 1,
    [code.parse]: maxTextBytes + 1000,
    // Names, and up to 65,535 format codes before the number of parameters.
    [code.bind]: 132_000,
    [code.describe]: 1000,
    [code.execute]: 1000,
    [code.close]: 1000,
    [code.functionCall]: 4,
  }
  return (type) => kept[type] ?? 0
}

/** Takes note of one client message; returns the statement that it sets off, if it does. */
export function readClientMessage(
  dialogue: Dialogue,
  type: number,
  body: Buffer,
  length: number,
  at: number,
): Recorded | undefined {
  const setOff = take(dialogue, type, body, length, at)
  if (dialogue.skipping && type === code.sync) skip(dialogue, at)
  return setOff
}

function take(
  dialogue: Dialogue,
  type: number,
  body: Buffer,
  length: number,
  at: number,
): Recorded | undefined {
  switch (type) {
    case code.query:
      return run(dialogue, 'query', begin(dialogue, 'simple', dialogue.recorder.text(body), at))
    case code.functionCall:
      return callFunction(dialogue, body, at)
    case code.parse:
      return parse(dialogue, body, at)
    case code.bind:
      return bind(dialogue, body, at)
    case code.describe:
      return describe(dialogue, body)
    case code.execute:
      return execute(dialogue, body, at)
    case code.close:
      return close(dialogue, body)
    case code.sync:
      return sync(dialogue)
    case code.copyData:
      return copyData(dialogue, length)
    case code.copyDone:
    case code.copyFail:
      return copyEnd(dialogue)
    default:
      return undefined
  }
}

function run(dialogue: Dialogue, kind: ExpectationKind, statement: Recorded): Recorded {
  dialogue.recorder.add(statement)
  expect(dialogue, kind, statement)
  return statement
}

function expect({ queue }: Dialogue, kind: ExpectationKind, statement?: Recorded, undo?: () => void): void {
  queue.push({ kind, statement, ...(undo && { undo }) })
}

function callFunction(dialogue: Dialogue, body: Buffer, at: number): Recorded {
  const oid = body.length < 4 ? 0 : body.readUInt32BE(0)
  const text = { text: `/* function call */ ${oid}`, truncated: false }
  return run(dialogue, 'function', begin(dialogue, 'function-call', text, at))
}

function parse(dialogue: Dialogue, body: Buffer, at: number): undefined {
  const { prepared, drafts, recorder } = dialogue
  const { text: name, next } = readText(body, 0)
  const text = recorder.text(body.subarray(next))
  const before = prepared.get(name)
  const statement = begin(dialogue, 'extended', text, at)
  remember(prepared, name, text)
  drafts.set(name, statement)
  expect(dialogue, 'parse', statement, () => {
    drafts.delete(name)
    if (before === undefined) prepared.delete(name)
    else prepared.set(name, before)
  })
}

function bind(dialogue: Dialogue, body: Buffer, at: number): undefined {
  const { prepared, drafts, portals } = dialogue
  const { text: portal, next } = readText(body, 0)
  const { text: name, next: formats } = readText(body, next)
  const text = prepared.get(name) ?? { text: `/* prepared statement "${name}" */`, truncated: true }
  const statement = drafts.get(name) ?? begin(dialogue, 'extended', text, at)
  drafts.delete(name)
  statement.parameters = parametersOf(body, formats)
  remember(portals, portal, statement)
  expect(dialogue, 'bind', statement)
}

function parametersOf(body: Buffer, formats: number): number {
  if (body.length < formats + 2) return 0
  const count = formats + 2 + 2 * body.readUInt16BE(formats)
  return body.length < count + 2 ? 0 : body.readUInt16BE(count)
}

function describe(dialogue: Dialogue, body: Buffer): undefined {
  const { text: name } = readText(body, 1)
  const of = body[0] === code.statement ? dialogue.drafts : dialogue.portals
  const statement = of.get(name)
  expect(dialogue, 'describe', statement?.outcome === 'running' ? statement : undefined)
}

function execute(dialogue: Dialogue, body: Buffer, at: number): Recorded {
  const { text: portal } = readText(body, 0)
  const bound = dialogue.portals.get(portal)
  const isNew =
    bound !== undefined && !dialogue.queue.some((e) => e.kind === 'execute' && e.statement === bound)
  const statement = isNew && bound.outcome === 'running' ? bound : again(dialogue, portal, bound, at)
  dialogue.lastExecuted = statement
  return run(dialogue, 'execute', statement)
}

/** One more Execute of a portal, or of one that SQL made (DECLARE) and the tap does not know. */
function again(dialogue: Dialogue, portal: string, bound: Recorded | undefined, at: number): Recorded {
  const text = { text: bound?.text ?? `/* portal "${portal}" */`, truncated: bound?.textTruncated ?? true }
  const statement = begin(dialogue, 'extended', text, at)
  statement.parameters = bound?.parameters ?? 0
  if (bound !== undefined) dialogue.portals.set(portal, statement)
  return statement
}

function close(dialogue: Dialogue, body: Buffer): undefined {
  const { text: name } = readText(body, 1)
  const of: Map<string, unknown> = body[0] === code.statement ? dialogue.prepared : dialogue.portals
  of.delete(name)
  expect(dialogue, 'close')
}

function sync(dialogue: Dialogue): undefined {
  dialogue.drafts.clear()
  if (dialogue.copyingIn) return
  expect(dialogue, 'sync', dialogue.lastExecuted)
  dialogue.lastExecuted = undefined
}

function copyData(dialogue: Dialogue, length: number): undefined {
  const copying = due(dialogue)?.statement
  if (copying !== undefined) copying.copiedBytes += length
}

function copyEnd(dialogue: Dialogue): undefined {
  if (!dialogue.copyingIn) expect(dialogue, 'copy-end')
  dialogue.copyingIn = false
}

/** A client that prepares without end does not make the tap grow without end. */
function remember<Value extends KeptText | Recorded>(
  map: Map<string, Value>,
  name: string,
  value: Value,
): void {
  map.delete(name)
  map.set(name, value)
  const oldest = map.keys().next()
  if (map.size > 10_000 && !oldest.done) map.delete(oldest.value)
}

const code = {
  bind: 0x42,
  close: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  functionCall: 0x46,
  parse: 0x50,
  query: 0x51,
  sync: 0x53,
  /** In Describe and Close: a prepared statement, not a portal. */
  statement: 0x53,
} as const

const requests: ReadonlySet<number> = new Set([
  code.query,
  code.parse,
  code.bind,
  code.describe,
  code.execute,
  code.close,
  code.functionCall,
])
