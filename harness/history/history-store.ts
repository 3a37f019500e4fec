import type { RehearsalRecord } from '../record.ts'

/** Where rehearsals are recorded: the contract of this family. */
export interface HistoryStore {
  readonly name: string
  readonly description: string
  /** Throws HarnessError `history-unreachable` when it is not there and cannot be made. */
  open(place: HistoryPlace): Promise<OpenHistory>
}

export interface HistoryPlace {
  /** Records of other projects in the same place are neither listed nor removed. */
  readonly project: string
  /** Absolute path, for a directory. */
  readonly directory: string
  /** For a database; holds a password. */
  readonly url: string | undefined
  /** The newest so many are kept. */
  readonly keep: number
  /** What is older is removed; undefined: any age is kept. */
  readonly maxAgeMs: number | undefined
}

export interface OpenHistory {
  /** Adds one record, all of it or nothing, and removes what is not to be kept. Throws HarnessError `history-not-written`. */
  record(record: RehearsalRecord): Promise<void>
  /** The newest so many, oldest first, with what could not be read. */
  list(last: number): Promise<Listed>
  /** Undefined when there is none of that id. */
  get(id: string): Promise<RehearsalRecord | undefined>
  /** Closes what was opened; nothing else is done with it afterwards. */
  close(): Promise<void>
}

export interface Listed {
  readonly records: readonly RehearsalRecord[]
  /** One line for each record that is there and not whole. */
  readonly problems: readonly string[]
}
