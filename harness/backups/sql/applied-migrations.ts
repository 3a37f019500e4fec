import type { MigrationTable } from '../backup-format.ts'
import type { SqlEvent } from './splitter.ts'
import { targetOf } from './target.ts'
import { isName, isWord, tokensOf } from './tokens.ts'
import type { Token } from './tokens.ts'

/**
 * Gathers the names in the migration table from a dump's own statements, COPY or INSERT. Order is the dump's.
 */
export class AppliedMigrations {
  readonly #table: MigrationTable
  readonly #names: string[] = []
  /** Tables that matched: more than one makes the answer unknown. */
  readonly #matched = new Set<string>()
  #data: Buffer[] | undefined
  #bytes = 0
  #column = 0
  /** Position of `name` where a statement lists no columns. */
  #declared = 0
  #readable = true

  constructor(table: MigrationTable) {
    this.#table = table
  }

  /** Names found; empty when nothing is applied, null when the dump does not tell clearly. */
  get names(): string[] | null {
    return this.#readable && this.#matched.size <= 1 ? this.#names : null
  }

  /** Takes the next event, with the schema that unqualified names are in. */
  observe(event: SqlEvent, schema: string, decode: (bytes: Buffer) => string): void {
    if (event.kind === 'copy') this.#copy(decode(event.sql), schema)
    else if (event.kind === 'copy-data' && this.#data !== undefined) this.#keep(event.data)
    else if (event.kind === 'copy-end' && this.#data !== undefined)
      this.#rows(decode(Buffer.concat(this.#data)))
    else if (event.kind === 'statement' && this.#mayBeAbout(event.sql))
      this.#statement(decode(event.sql), schema)
  }

  #mayBeAbout(sql: Buffer): boolean {
    const initial = (sql[0] ?? 0) | 32
    return (initial === 0x63 || initial === 0x69) && sql.subarray(0, 300).includes(this.#table.name)
  }

  #copy(statement: string, schema: string): void {
    const column = this.#columnOf(statement, schema)
    if (column === undefined) return
    this.#column = column
    this.#data = []
    this.#bytes = 0
  }

  #keep(data: Buffer): void {
    this.#bytes += data.length
    if (this.#bytes > limit) this.#readable = false
    else this.#data?.push(Buffer.from(data))
  }

  #rows(text: string): void {
    this.#data = undefined
    for (const line of text.split(/\r?\n/).slice(0, -1)) {
      const value = line.split('\t')[this.#column]
      if (value === undefined || value === '\\N') this.#readable = false
      else
        this.#names.push(
          value.replaceAll(/\\(.)/g, (_, character: string) => escapes[character] ?? character),
        )
    }
  }

  #statement(statement: string, schema: string): void {
    if (/^create/i.test(statement)) return this.#declaration(statement)
    const column = this.#columnOf(statement, schema)
    if (column === undefined) return
    for (const row of rowsOf(tokensOf(statement))) {
      const value = row[column]
      if (value?.kind === 'string') this.#names.push(value.text)
      else this.#readable = false
    }
  }

  /** Remembers which column `name` is, for an INSERT without a column list. */
  #declaration(statement: string): void {
    const tokens = tokensOf(statement)
    const at = tokens.findIndex((token) => token.kind === 'symbol' && token.text === '(')
    if (!isWord(tokens[1], 'table') || !isName(tokens[at - 1]) || tokens[at - 1]?.text !== this.#table.name)
      return
    const column = listsOf(tokens.slice(at))[0]?.findIndex(
      ([first]) => isName(first) && first.text === 'name',
    )
    if (column !== undefined && column >= 0) this.#declared = column
  }

  /** Position of the column `name`, when the statement fills the migration table. */
  #columnOf(statement: string, schema: string): number | undefined {
    const target = targetOf(statement)
    if (target?.name !== this.#table.name) return undefined
    const actual = target.schema ?? schema
    if (this.#table.schema !== undefined && this.#table.schema !== actual) return undefined
    this.#matched.add(actual)
    const column = target.columns === null ? this.#declared : target.columns.indexOf('name')
    if (column >= 0) return column
    this.#readable = false
    return undefined
  }
}

/** Far more than any list of migrations. */
const limit = 16 * 2 ** 20

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** The rows of `values (…), (…)`, a token a value. */
function rowsOf(tokens: readonly Token[]): (Token | undefined)[][] {
  const values = tokens.findIndex((token) => isWord(token, 'values'))
  return listsOf(tokens.slice(values)).map((list) => list.map((item) => item[0]))
}

/** Every parenthesised list, split at its own commas. */
function listsOf(tokens: readonly Token[]): Token[][][] {
  const lists: Token[][][] = []
  let depth = 0
  for (const token of tokens) {
    const symbol = token.kind === 'symbol' ? token.text : ''
    if (symbol === ')') depth--
    if (symbol === '(' && depth++ === 0) lists.push([[]])
    else if (symbol === ',' && depth === 1) lists.at(-1)?.push([])
    else if (depth > 0) lists.at(-1)?.at(-1)?.push(token)
  }
  return lists
}
