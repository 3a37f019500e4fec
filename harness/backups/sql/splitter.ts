import { ByteWindow } from './byte-window.ts'
import { Lexer } from './lexer.ts'
import type { Stop } from './lexer.ts'

/** What a plain dump is made of, in order. Buffers are views of the chunks where that is possible. */
export type SqlEvent =
  /** A comment between statements, without its line's end. */
  | { readonly kind: 'comment'; readonly text: string }
  /** One statement, its semicolon included. */
  | { readonly kind: 'statement'; readonly sql: Buffer }
  /** `copy … from stdin;`, followed by its data in any number of pieces and `copy-end`. */
  | { readonly kind: 'copy'; readonly sql: Buffer }
  | { readonly kind: 'copy-data'; readonly data: Buffer }
  | { readonly kind: 'copy-end' }
  /** A psql command: its name without the backslash, its line, and what of a statement stands before it. */
  | { readonly kind: 'meta'; readonly name: string; readonly line: string; readonly before: Buffer }
  /** The input ended inside something. */
  | { readonly kind: 'unterminated'; readonly what: string }

type Events = Generator<SqlEvent, void, undefined>

/**
 * Splits SQL into statements, COPY data and psql commands as psql would read it, while it streams. Holds one
 * statement or one chunk; throws RangeError for a statement of more than 1 GiB, which no server takes either.
 */
export class SqlSplitter {
  #lexer = new Lexer()
  #window = new ByteWindow()
  #mode: 'first' | 'sql' | 'copy line' | 'copy' = 'first'
  /** The next byte of COPY data is the first of its line. */
  #lineStart = true;

  *push(chunk: Buffer): Events {
    const lexer = this.#lexer
    const done = lexer.held
    this.#window.append(done, chunk)
    lexer.position -= done
    lexer.start -= done
    yield* this.#split(false)
  }

  *end(): Events {
    yield* this.#split(true)
    const bytes = this.#window.bytes
    if (this.#mode === 'copy line' || this.#mode === 'copy') {
      if (this.#lexer.position < bytes.length) {
        yield { kind: 'copy-data', data: bytes.subarray(this.#lexer.position) }
      }
      yield { kind: 'unterminated', what: 'COPY data' }
    } else if (this.#lexer.open !== undefined) {
      yield { kind: 'unterminated', what: this.#lexer.open }
    } else if (!this.#lexer.blank) {
      yield { kind: 'statement', sql: bytes.subarray(this.#lexer.start) }
    }
  }

  *#split(final: boolean): Events {
    if (this.#mode === 'first' && !this.#skipByteOrderMark(final)) return
    for (;;) {
      if (this.#mode === 'copy line' && !this.#skipLine()) return
      if (this.#mode === 'copy') yield* this.#copy(final)
      if (this.#mode === 'copy') return
      const stop = this.#lexer.scan(this.#window.bytes, final)
      if (stop === 'more') return
      const event = this.#event(stop, final)
      if (event === undefined) return
      if (event !== 'nothing') yield event
    }
  }

  #skipByteOrderMark(final: boolean): boolean {
    const { bytes } = this.#window
    if (bytes.length < 3 && !final) return false
    if (bytes.subarray(0, 3).equals(byteOrderMark)) this.#lexer.position = 3
    this.#mode = 'sql'
    return true
  }

  /** Undefined: more is needed to tell. */
  #event(stop: Exclude<Stop, 'more'>, final: boolean): SqlEvent | 'nothing' | undefined {
    const { bytes } = this.#window
    if (stop === 'statement') return this.#statement(bytes.subarray(this.#lexer.start, this.#lexer.position))
    if (stop === 'comment') {
      const text = bytes.toString('utf8', this.#lexer.start, this.#lexer.position).trim()
      return text.startsWith('--') ? { kind: 'comment', text } : 'nothing'
    }
    return this.#meta(bytes, final)
  }

  #statement(sql: Buffer): SqlEvent {
    this.#lexer.reset()
    const initial = (sql[0] ?? 0) | 32
    if (initial === 0x63 && isCopyFromStdin(sql)) {
      this.#mode = 'copy line'
      return { kind: 'copy', sql }
    }
    if (initial === 0x73 && sql.length < 80) {
      const match = /^set\s+standard_conforming_strings\s*(?:=|\sto\s)\s*'?(\w+)/i.exec(
        sql.toString('latin1'),
      )
      if (match !== null) this.#lexer.standardStrings = match[1]?.toLowerCase() !== 'off'
    }
    return { kind: 'statement', sql }
  }

  #meta(bytes: Buffer, final: boolean): SqlEvent | undefined {
    const from = this.#lexer.position
    const newline = bytes.indexOf('\n', from)
    if (newline < 0 && !final) return undefined
    const end = newline < 0 ? bytes.length : newline + 1
    const line = bytes.toString('utf8', from, end).trim()
    const before = this.#lexer.blank ? bytes.subarray(from, from) : bytes.subarray(this.#lexer.start, from)
    this.#lexer.position = end
    this.#lexer.reset()
    return { kind: 'meta', name: /^\\([a-zA-Z_]+|.?)/.exec(line)?.[1] ?? '', line, before }
  }

  /** COPY data begins on the line after its statement. */
  #skipLine(): boolean {
    const newline = this.#window.bytes.indexOf('\n', this.#lexer.position)
    this.#lexer.position = newline < 0 ? this.#window.bytes.length : newline + 1
    if (newline < 0) return false
    this.#mode = 'copy'
    this.#lineStart = true
    return true
  }

  /** Hands on data up to the line `\.`, or as much of it as surely comes before that. */
  *#copy(final: boolean): Events {
    const { bytes } = this.#window
    const from = this.#lexer.position
    let line =
      this.#lineStart && bytes[from] === 0x5c && bytes[from + 1] === 0x2e ? from : nextLine(bytes, from)
    for (; line >= 0; line = nextLine(bytes, line)) {
      const length = terminatorLength(bytes.subarray(line, line + 4), final)
      if (length === 0) continue
      yield* this.#copied(from, line)
      if (length === undefined) return
      this.#lexer.position += length
      this.#mode = 'sql'
      yield { kind: 'copy-end' }
      return
    }
    // A last line of so few bytes may be the beginning of the terminator.
    const lastLine = Math.max(bytes.lastIndexOf('\n') + 1, from)
    const whole = lastLine > from || this.#lineStart
    yield* this.#copied(from, whole && bytes.length - lastLine <= 3 ? lastLine : bytes.length)
  }

  *#copied(from: number, to: number): Events {
    if (to === from) return
    const { bytes } = this.#window
    this.#lexer.position = to
    this.#lineStart = bytes[to - 1] === 0x0a
    yield { kind: 'copy-data', data: bytes.subarray(from, to) }
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
const terminator = Buffer.from('\n\\.')

/** Start of the next line that may be the terminator, after `from`; -1 for none. */
function nextLine(bytes: Buffer, from: number): number {
  return bytes.indexOf(terminator, from) + 1 || -1
}

/** Length of the terminating line that may begin here; 0 when it is data, undefined when that is not known yet. */
function terminatorLength(bytes: Buffer, final: boolean): number | undefined {
  if (bytes[2] === 0x0a) return 3
  if (bytes[2] === 0x0d && bytes[3] === 0x0a) return 4
  const incomplete = bytes.length < 3 || (bytes.length < 4 && bytes[2] === 0x0d)
  if (!incomplete) return 0
  return final ? bytes.length : undefined
}

function isCopyFromStdin(sql: Buffer): boolean {
  return sql.length < 1_000_000 && /^copy\s[^]*?\sfrom\s+stdin\b/i.test(sql.toString('latin1'))
}
