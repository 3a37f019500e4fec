import type { MessagePort } from 'node:worker_threads'
import type { Connection } from '../postgres/connection.ts'
import type { Compression } from './backup-format.ts'

/** The rows of one table and where they go: the first message to the thread that loads rows. */
export interface RowsRequest {
  readonly connection: Connection
  /** Statements that come first, in the same session and transaction. */
  readonly begin: string
  readonly copy: string
  /** How the chunks are compressed; `zlib` is gzip without the head of a file. */
  readonly compression: Compression | 'zlib'
}

export interface RowsOrder extends RowsRequest {
  /** Takes `RowsPart`s and answers with `RowsAnswer`s. */
  readonly port: MessagePort
}

/** A chunk; `end` when all were sent; `stop` when there will be no more although that is not all. */
export type RowsPart = Uint8Array | 'end' | 'stop'

/** `taken` for each chunk, and at last either `done` or what went wrong. */
export type RowsAnswer = 'taken' | 'done' | { readonly failed: SentError }

/** What of an error crosses over to another thread. */
export interface SentError {
  readonly isFromServer: boolean
  readonly message: string
  /** `code`, `detail`, `where`, `hint` and the like. */
  readonly fields: Readonly<Record<string, string>>
}
