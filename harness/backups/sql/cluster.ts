import { nameOf } from './target.ts'
import type { SqlEvent } from './splitter.ts'

/**
 * Whether a statement is about the server or a database as a whole: roles, memberships, databases, tablespaces and
 * what is set for them. The first 300 bytes are enough.
 */
export function isClusterStatement(sql: string): boolean {
  const text = sql.slice(0, 300)
  if (/^(?:create|alter|drop)\s+(?:role|user(?!\s+mapping\s)|group|database|tablespace)\s/i.test(text))
    return true
  if (/^alter\s+system\s/i.test(text)) return true
  if (/^(?:comment|security\s+label(?:\s+for\s+\S+)?)\s+on\s+(?:role|database|tablespace)\s/i.test(text))
    return true
  if (!/^(?:grant|revoke)\s/i.test(text)) return false
  const object = /\son\s+(\w+)?/i.exec(text.replaceAll(/"(?:[^"]|"")*"/g, '"'))
  return object === null || /^(?:database|tablespace|parameter)$/i.test(object[1] ?? '')
}

/** The database that a CREATE DATABASE statement makes; null for every other one. */
export function createdDatabase(statement: string): string | null {
  const name = /^create\s+database\s+("(?:[^"]|"")*"|[^\s";]+)/i.exec(statement)?.[1]
  return name === undefined ? null : nameOf(name)
}

/** The database that `\connect` names; null for another kind of event, and when it names none. */
export function connectTarget(event: SqlEvent): string | null {
  if (event.kind !== 'meta' || (event.name !== 'c' && event.name !== 'connect')) return null
  const line = event.line.replace(/^\\\w+\s*/, '').replace(/^-reuse-previous=\w+\s+/, '')
  const [word] = /^(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|\S+)/.exec(line) ?? []
  if (word === undefined || word === '-') return null
  const text = word.startsWith("'") ? word.slice(1, -1).replaceAll("''", "'") : word
  const plain = text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text
  const inConnectionString = /(?:^|\s)dbname\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S+))/.exec(plain)
  if (inConnectionString === null) return plain
  return (inConnectionString[1] ?? inConnectionString[2] ?? '').replaceAll(/\\(.)/g, '$1')
}

/**
 * The part of a dump that belongs into one database: what stands between the `\connect`s to it, or, for null, before
 * the first one. Without statements about the server or a database as a whole, which are carried over otherwise.
 */
export class OwnPart {
  readonly #database: string | null
  #current: string | null = null

  constructor(database: string | null) {
    this.#database = database
  }

  *of(events: Iterable<SqlEvent>): Generator<SqlEvent, void, undefined> {
    for (const event of events) {
      const target = connectTarget(event)
      if (target !== null) this.#current = target
      else if (event.kind === 'unterminated' || (this.#current === this.#database && this.#belongs(event)))
        yield event
    }
  }

  #belongs(event: SqlEvent): boolean {
    if (event.kind === 'meta') {
      // Their pairs are torn apart by what is left out.
      return this.#database === null || !['restrict', 'unrestrict', 'c', 'connect'].includes(event.name)
    }
    return event.kind !== 'statement' || !isClusterStatement(event.sql.toString('latin1', 0, 300))
  }
}

const identifier = String.raw`("(?:[^"]|"")*"|[^\s";]+)`
const patterns = [
  new RegExp(String.raw`^(alter\s+database\s+)${identifier}(\s+(?:set|reset)\s[^]*)$`, 'i'),
  new RegExp(
    String.raw`^(alter\s+(?:role|user)\s+(?:"(?:[^"]|"")*"|\S+)\s+in\s+database\s+)${identifier}(\s[^]*)$`,
    'i',
  ),
  new RegExp(String.raw`^((?:grant|revoke)\s[^]*?\son\s+database\s+)${identifier}(\s[^]*)$`, 'i'),
]

/**
 * A statement that sets or grants something on a database, taken apart at the database's name; undefined for every
 * other statement.
 */
export function aboutDatabase(
  statement: string,
): { readonly before: string; readonly database: string; readonly after: string } | undefined {
  for (const pattern of patterns) {
    const [, before, name, after] = pattern.exec(statement) ?? []
    if (before !== undefined && name !== undefined && after !== undefined)
      return { before, database: nameOf(name), after }
  }
  return undefined
}
