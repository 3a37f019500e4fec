/** One statement as the server received it, seen on the wire. */
export interface Statement {
  /** Which connection through the tap, from 1. */
  readonly connection: number
  /** Backend process id, from the server's BackendKeyData; 0 when the server told none. */
  readonly backendPid: number
  readonly text: string
  /** `text` is only the beginning of what was sent. */
  readonly textTruncated: boolean
  /**
   * 1-based place among the results of one simple-query string; each of them carries the whole string.
   * Always 1 in the extended protocol.
   */
  readonly part: number
  readonly protocol: 'simple' | 'extended' | 'function-call'
  /** Number of bound parameters; their values are not kept. */
  readonly parameters: number
  /** Epoch milliseconds with fractions; includes parsing when that was asked for in the same batch. */
  readonly startedAt: number
  /** Until the server's answer, or until the connection ended; 0 while it runs. */
  readonly durationMs: number
  readonly outcome: Outcome
  /** The server's command tag, such as `INSERT 0 5`; null when there was none. */
  readonly tag: string | null
  /** Rows of the tag, or rows received when a portal was suspended; 0 without. */
  readonly rows: number
  /** Bytes of COPY data, in either direction. */
  readonly copiedBytes: number
  /** After the statement, as ReadyForQuery says; for a statement inside a pipeline or string, the next one's. */
  readonly transaction: TransactionStatus
  readonly error: WireError | null
  /** The first 20 notices and warnings that it raised. */
  readonly notices: readonly WireNotice[]
}

export type TransactionStatus = 'idle' | 'in-transaction' | 'failed' | 'unknown'

/**
 * `suspended`: the portal has more rows for a later Execute; `skipped`: never run, because one before it in
 * the same batch failed; `lost`: the connection ended before the server answered.
 */
export type Outcome = 'running' | 'completed' | 'suspended' | 'failed' | 'skipped' | 'lost'

/** ErrorResponse fields, by the names of the protocol documentation. */
export interface WireError {
  /** `ERROR`, `FATAL` or `PANIC`, whatever the server's language. */
  readonly severity: string
  readonly code: string
  readonly message: string
  readonly detail: string | null
  readonly hint: string | null
  /** 1-based character (code point) in the statement. */
  readonly position: number | null
  /** The call stack inside functions, innermost first. */
  readonly where: string | null
  /** Text of the command inside a function or DO block that failed, and the 1-based character in it. */
  readonly internalQuery: string | null
  readonly internalPosition: number | null
  readonly schema: string | null
  readonly table: string | null
  readonly column: string | null
  readonly constraint: string | null
}

export interface WireNotice {
  /** `WARNING`, `NOTICE`, `INFO`, ... */
  readonly severity: string
  readonly code: string
  readonly message: string
}

/** One connection through the tap. */
export interface TappedConnection {
  /** Number of the connection, from 1. */
  readonly connection: number
  /** 0 until the server told it. */
  readonly backendPid: number
  readonly user: string | null
  readonly database: string | null
  readonly applicationName: string | null
  /** Now. */
  readonly transaction: TransactionStatus
  readonly open: boolean
  /** It only carried a CancelRequest. */
  readonly cancelRequest: boolean
  /** False when its bytes were not understood (they passed all the same): its statements are not known. */
  readonly readable: boolean
  /** The last error that belonged to no statement: a refused login, a terminated backend. */
  readonly error: WireError | null
}
