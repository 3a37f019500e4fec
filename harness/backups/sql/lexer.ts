import {
  backslash,
  close,
  dollar,
  doubleQuote,
  dull,
  inWord,
  kinds,
  letter,
  minus,
  newline,
  open,
  quote,
  semicolon,
  slash,
  space,
  star,
} from './bytes.ts'

/** Why the lexer stopped: at the end of what it got, or after a statement, a comment or at a backslash. */
export type Stop = 'more' | 'statement' | 'comment' | 'backslash'

type Inside =
  | 'code'
  | 'string'
  | 'escape string'
  | 'quoted name'
  | 'dollar quote'
  | 'line comment'
  | 'comment'

/**
 * Finds where SQL statements end, as psql does: quotes, dollar quotes, nested comments, parentheses and
 * `begin atomic … end` bodies are seen through. It can stop at any byte and go on when more has come, so a
 * statement may be larger than a chunk. Works on bytes; right for every encoding a server can have.
 * Model: psqlscan.l.
 */
export class Lexer {
  /** Where it will go on. */
  position = 0
  /** First byte of the statement, or else of the comment, that it is in or has just left. */
  start = 0
  /** Nothing but white space and comments since the last statement. */
  blank = true
  /** `standard_conforming_strings`: a backslash in a plain string means itself. */
  standardStrings = true
  #inside: Inside = 'code'
  #tag: Buffer = Buffer.alloc(0)
  #commentDepth = 0
  #parentheses = 0
  #beginDepth = 0
  #words = 0
  #initials = ''
  /** The statement makes a routine, whose body may be statements. */
  #routine = false

  /** What an input that ends here leaves open; undefined when nothing is. */
  get open(): string | undefined {
    if (this.#inside !== 'code') return this.#inside
    return this.#parentheses > 0 ? 'parenthesis' : this.#beginDepth > 0 ? 'function body' : undefined
  }

  /** The first byte that it still needs. */
  get held(): number {
    return this.blank && this.#inside === 'code' ? this.position : this.start
  }

  /** Forgets the statement that it was in. */
  reset(): void {
    this.blank = true
    this.#parentheses = this.#beginDepth = this.#words = 0
    this.#initials = ''
    this.#routine = false
  }

  /** Goes on from `position`; `final` says that nothing follows `bytes`. */
  scan(bytes: Buffer, final: boolean): Stop {
    while (this.position < bytes.length) {
      if (this.#inside !== 'code') {
        const wasComment = this.#inside === 'line comment' || this.#inside === 'comment'
        if (!this.#leave(bytes, final)) return 'more'
        if (wasComment && this.blank) return 'comment'
        continue
      }
      const kind = this.#skipDull(bytes)
      if (kind === undefined) return 'more'
      const before = this.position
      const stop = kind === letter ? this.#word(bytes, final) : this.#symbol(bytes, final)
      if (stop === 'more' && this.position === before) return 'more'
      if (stop !== 'more') return stop
    }
    if (!final || this.#inside !== 'line comment') return 'more'
    this.#inside = 'code'
    return this.blank ? 'comment' : 'more'
  }

  /** Steps over what has no meaning here; the kind of the next byte, undefined at the end. */
  #skipDull(bytes: Buffer): number | undefined {
    const limit = this.blank ? space : dull
    let at = this.position
    let kind: number | undefined
    while (at < bytes.length && (kind = kinds[bytes[at] ?? 0] ?? 0) <= limit) at++
    this.position = at
    return at < bytes.length ? kind : undefined
  }

  #begin(): void {
    if (this.blank) this.start = this.position
    this.blank = false
  }

  /** Steps over a word; stays where it is when the word may go on in what has not come yet. */
  #word(bytes: Buffer, final: boolean): Stop {
    let end = this.position + 1
    while (end < bytes.length && inWord[bytes[end] ?? 0] === 1) end++
    if (end === bytes.length && !final) return 'more'
    this.#begin()
    const length = end - this.position
    if (length === 1 && bytes[end] === quote && ((bytes[this.position] ?? 0) | 32) === 0x65) {
      this.#inside = 'escape string'
      this.position = end + 1
      return 'more'
    }
    // Only CREATE makes routines.
    if (this.#words === 0 && ((bytes[this.position] ?? 0) | 32) !== 0x63) this.#words = 4
    if ((this.#words < 4 || this.#routine) && length <= 9) this.#track(bytes, end)
    if (++this.#words === 4) this.#routine = routine.test(this.#initials)
    this.position = end
    return 'more'
  }

  /** Counts `begin`, `case` and `end` in a routine whose body is written in SQL. */
  #track(bytes: Buffer, end: number): void {
    const word = bytes.toString('latin1', this.position, end).toLowerCase()
    if (this.#words < 4) this.#initials += headWords.has(word) ? word.charAt(0) : '.'
    if (!this.#routine || this.#parentheses > 0) return
    if (word === 'begin' || (word === 'case' && this.#beginDepth > 0)) this.#beginDepth++
    else if (word === 'end' && this.#beginDepth > 0) this.#beginDepth--
  }

  #symbol(bytes: Buffer, final: boolean): Stop {
    const byte = bytes[this.position]
    const next = bytes[this.position + 1]
    if ((byte === minus || byte === slash) && next === undefined && !final) return 'more'
    if (byte === minus && next === minus) return this.#enter('line comment', 2)
    if (byte === slash && next === star) {
      this.#commentDepth = 1
      return this.#enter('comment', 2)
    }
    if (byte === backslash) return 'backslash'
    if (byte === dollar) return this.#dollar(bytes, final)
    this.#begin()
    if (byte === quote) return this.#enter(this.standardStrings ? 'string' : 'escape string', 1)
    if (byte === doubleQuote) return this.#enter('quoted name', 1)
    this.position++
    if (byte === open) this.#parentheses++
    else if (byte === close) this.#parentheses = Math.max(0, this.#parentheses - 1)
    else if (byte === semicolon && this.#parentheses === 0 && this.#beginDepth === 0) return 'statement'
    return 'more'
  }

  #enter(inside: Inside, length: number): Stop {
    if (this.blank) this.start = this.position
    this.#inside = inside
    this.position += length
    return 'more'
  }

  /** `$tag$` opens a dollar quote; `$1` does not. */
  #dollar(bytes: Buffer, final: boolean): Stop {
    let end = this.position + 1
    while (end < bytes.length && bytes[end] !== dollar && inWord[bytes[end] ?? 0] === 1) end++
    if (end === bytes.length && !final) return 'more'
    this.#begin()
    const first = bytes[this.position + 1] ?? 0
    if (bytes[end] !== dollar || (first >= 0x30 && first <= 0x39)) return this.#enter('code', 1)
    this.#tag = Buffer.from(bytes.subarray(this.position, end + 1))
    return this.#enter('dollar quote', this.#tag.length)
  }

  /** Finds the end of the quote or comment it is in; false when that has not come yet. */
  #leave(bytes: Buffer, final: boolean): boolean {
    switch (this.#inside) {
      case 'string':
        return this.#leaveAt(bytes, quote, 1)
      case 'quoted name':
        return this.#leaveAt(bytes, doubleQuote, 1)
      case 'line comment':
        return this.#leaveAt(bytes, newline, 1)
      case 'dollar quote':
        return this.#leaveAt(bytes, this.#tag, this.#tag.length)
      case 'escape string':
        return this.#leaveEscapes(bytes, final)
      default:
        return this.#leaveComment(bytes)
    }
  }

  #leaveAt(bytes: Buffer, end: Buffer | number, length: number): boolean {
    const near = Math.min(bytes.length, this.position + 40)
    let at = this.position
    // Most strings are short, and `indexOf` is slow to start.
    if (length === 1) while (at < near && bytes[at] !== end) at++
    if (length !== 1 || at === near) at = bytes.indexOf(end, at)
    this.position = at < 0 ? Math.max(this.position, bytes.length - length + 1) : at + length
    if (at >= 0) this.#inside = 'code'
    return at >= 0
  }

  #leaveEscapes(bytes: Buffer, final: boolean): boolean {
    for (; this.position < bytes.length; this.position++) {
      const byte = bytes[this.position]
      if (byte !== backslash && byte !== quote) continue
      const next = bytes[this.position + 1]
      if (next === undefined && !final) return false
      if (byte === backslash || next === quote) {
        this.position++
        continue
      }
      this.#inside = 'code'
      this.position++
      return true
    }
    return false
  }

  #leaveComment(bytes: Buffer): boolean {
    for (; this.position + 1 < bytes.length; this.position++) {
      const byte = bytes[this.position]
      const next = bytes[this.position + 1]
      if (byte === slash && next === star) this.#commentDepth++
      else if (byte === star && next === slash) this.#commentDepth--
      else continue
      this.position++
      if (this.#commentDepth > 0) continue
      this.#inside = 'code'
      this.position++
      return true
    }
    return false
  }
}

/** Words at the head of a statement that tell a routine, and how its head looks by their initials. */
const headWords = new Set(['create', 'or', 'replace', 'function', 'procedure'])
const routine = /^c(or)?[fp]/
