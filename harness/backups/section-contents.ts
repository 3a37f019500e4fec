import { escapeIdentifier } from 'pg'
import type { BackupContents, BackupEntry, SequenceState } from './backup-format.ts'
import { entryName, leavesUnvalidated, sequenceState } from './entry-name.ts'
import { linesIn } from './lines.ts'
import { entryOf } from './sql/entry.ts'
import type { SqlEvent } from './sql/splitter.ts'
import { targetOf } from './sql/target.ts'

/** Gathers, statement by statement, what one database's part of a plain dump makes. */
export class SectionContents {
  readonly #entries: BackupEntry[] = []
  readonly #notValidated: string[] = []
  readonly #sequences: SequenceState[] = []
  readonly #rows: Record<string, number> = {}
  /** Filled by INSERT as well: its rows are not counted. */
  readonly #inserted = new Set<string>()
  #copying: string | undefined
  /** Something that was made is dropped or renamed again: what is left cannot be told from here. */
  #undone = false

  /** `schema` is where unqualified names are. */
  observe(event: SqlEvent, schema: string, decode: (bytes: Buffer) => string): void {
    if (event.kind === 'statement') this.#statement(event.sql, schema, decode)
    else if (event.kind === 'copy') this.#begin(decode(event.sql), schema)
    else if (event.kind === 'copy-data') this.#count(event.data)
  }

  inserts(table: string): void {
    this.#inserted.add(table)
  }

  contents(): BackupContents {
    if (this.#undone) return noContents
    const counted = Object.entries(this.#rows).filter(([table]) => !this.#inserted.has(table))
    return {
      source: 'statements',
      entries: this.#entries,
      notValidated: this.#notValidated,
      sequences: this.#sequences,
      rows: Object.fromEntries(counted),
    }
  }

  #statement(sql: Buffer, schema: string, decode: (bytes: Buffer) => string): void {
    switch ((sql[0] ?? 0) | 32) {
      case 0x61: // alter
      case 0x63: // create
      case 0x64: // drop
        return this.#definition(decode(sql), schema)
      case 0x73: // select
        return this.#state(decode(sql.subarray(0, 500)), schema)
    }
  }

  #definition(statement: string, schema: string): void {
    if (this.#entries.length > 0 && undoing.test(statement)) this.#undone = true
    const entry = entryOf(statement, schema)
    if (entry === undefined) return
    this.#entries.push(entry)
    if (entry.kind === 'CONSTRAINT' && leavesUnvalidated(statement)) this.#notValidated.push(entryName(entry))
  }

  #state(statement: string, schema: string): void {
    const state = sequenceState(statement)
    if (state === undefined) return
    const isQualified = /^(?:"(?:[^"]|"")+"|[^".]+)\./.test(state.name)
    this.#sequences.push(
      isQualified ? state : { ...state, name: `${escapeIdentifier(schema)}.${state.name}` },
    )
  }

  #begin(statement: string, schema: string): void {
    const target = targetOf(statement)
    this.#copying = target && `${target.schema ?? schema}.${target.name}`
    if (this.#copying !== undefined) this.#rows[this.#copying] ??= 0
  }

  #count(data: Buffer): void {
    if (this.#copying !== undefined)
      this.#rows[this.#copying] = (this.#rows[this.#copying] ?? 0) + linesIn(data)
  }
}

/** Of a backup that tells nothing in a form that could be looked for. */
export const noContents: BackupContents = {
  source: 'none',
  entries: [],
  notValidated: [],
  sequences: [],
  rows: {},
}

const undoing = /^drop\s|^alter\s+\w+(?:\s+\w+)?\s[^;]*?\s(?:rename\s+(?:to|constraint)|set\s+schema)\s/i
