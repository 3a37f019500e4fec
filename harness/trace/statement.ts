/** One statement as the server received it, seen on the wire. */
export interface Statement {
  /** Which connection through the tap, from 1. */
  readonly connection: number
  /** Backend process id, from the server's BackendKeyData. */
  readonly backendPid: number
  readonly text: string
  readonly protocol: 'simple' | 'extended'
  /** Number of bound parameters; their values are not kept. */
  readonly parameters: number
  /** Epoch milliseconds with fractions. */
  readonly startedAt: number
  readonly durationMs: number
  /** The server's command tag, such as `INSERT 0 5`; null when it failed or never ended. */
  readonly tag: string | null
  /** Rows of the tag; 0 without. */
  readonly rows: number
  /** After the statement, as ReadyForQuery says; for a statement inside a pipeline, the next one's. */
  readonly transaction: 'idle' | 'in-transaction' | 'failed' | 'unknown'
  readonly error: WireError | null
}

/** ErrorResponse fields, by the names of the protocol documentation. */
export interface WireError {
  readonly code: string
  readonly message: string
  readonly detail: string | null
  readonly hint: string | null
  /** 1-based character in the statement. */
  readonly position: number | null
}
