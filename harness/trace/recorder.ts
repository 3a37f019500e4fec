import type { Statement, WireNotice } from './statement.ts'

/** A statement while its conversation goes on. */
export type Recorded = { -readonly [Key in keyof Statement]: Statement[Key] } & { notices: WireNotice[] }

export interface RecorderLimits {
  /** Statements kept; later ones are counted in `dropped`. */
  readonly maxStatements: number
  /** Bytes kept of one statement's text. */
  readonly maxTextBytes: number
  /** Bytes kept of all texts together; once they are used up, a text keeps its first 1,000 bytes. */
  readonly maxTotalTextBytes: number
}

/** All statements of all connections, within limits. */
export interface Recorder {
  /** In order of `startedAt`. */
  readonly statements: readonly Recorded[]
  /** Statements that were seen and not kept. */
  readonly dropped: number
  /** Keeps or counts the statement; it may be called again for the same one. */
  add(statement: Recorded): void
  keeps(statement: Recorded): boolean
  /** Decodes a statement's text that ends with a zero byte, unless it was cut off before. */
  text(body: Buffer): KeptText
}

export interface KeptText {
  readonly text: string
  readonly truncated: boolean
}

/** Opens an empty recorder. */
export function recorder({ maxStatements, maxTextBytes, maxTotalTextBytes }: RecorderLimits): Recorder {
  const statements: Recorded[] = []
  const seen = new WeakSet<Recorded>()
  const kept = new WeakSet<Recorded>()
  let dropped = 0
  let textBytes = 0
  return {
    statements,
    get dropped() {
      return dropped
    },
    add(statement) {
      if (seen.has(statement)) return
      seen.add(statement)
      if (statements.length >= maxStatements) {
        dropped += 1
        return
      }
      kept.add(statement)
      insert(statements, statement)
    },
    keeps: (statement) => kept.has(statement),
    text(body) {
      const zero = body.indexOf(0)
      const end = zero < 0 ? body.length : zero
      const limit = textBytes < maxTotalTextBytes ? maxTextBytes : Math.min(1000, maxTextBytes)
      const bytes = Math.min(end, limit)
      textBytes += bytes
      return { text: decode(body.subarray(0, bytes)), truncated: zero < 0 || bytes < end }
    },
  }
}

/** An extended statement is added when it is executed but began when it was parsed: others may be before it. */
function insert(statements: Recorded[], statement: Recorded): void {
  let index = statements.length
  while (index > 0 && (statements[index - 1]?.startedAt ?? 0) > statement.startedAt) index -= 1
  if (index === statements.length) statements.push(statement)
  else statements.splice(index, 0, statement)
}

/** `stream` leaves out a character that was cut in half at the end. */
function decode(bytes: Buffer): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
}
