import type { Socket } from 'node:net'
import type { MutableConnection } from './dialogue.ts'
import { readError } from './fields.ts'
import { framer } from './framing.ts'
import { cut } from './relay.ts'
import { statuses } from './server-messages.ts'
import type { TransactionStatus } from './statement.ts'

/** A client's own server session, to be used between its requests; the client sees nothing of it. */
export interface OwnSession {
  readonly backendPid: number
  /** Now; own queries may change it. */
  readonly transaction: TransactionStatus
  /**
   * Runs one simple query and returns the rows of all its results as the server's text. Rejected with the
   * server's words, which leave the transaction failed, or when the connection is gone.
   */
  query(sql: string): Promise<(string | null)[][]>
  /** Ends the connection abruptly, on both sides: what the server answered last does not reach the client. */
  cut(): void
}

/** What a tap needs beside, to keep the answers from the client. */
export interface Injector extends OwnSession {
  /** Takes a chunk that answers an own query; false when none is running. */
  take(chunk: Buffer): boolean
  hangUp(): void
}

/**
 * Queries of the tap's own on a session that belongs to a client. Only to be used at a round's boundary, with the
 * client held back: the simple query protocol then leaves prepared statements alone, and portals too within a
 * transaction. Notices and parameter changes that own queries cause are dropped.
 */
export function injector(connection: MutableConnection, server: Socket, client: Socket): Injector {
  let answer: Answer | undefined
  return {
    get backendPid() {
      return connection.backendPid
    },
    get transaction() {
      return connection.transaction
    },
    query(sql) {
      if (answer !== undefined) return Promise.reject(new Error('an own query is running already'))
      if (server.destroyed) return Promise.reject(new Error('the connection is gone'))
      const wasPaused = server.isPaused()
      answer = answerOf((status) => {
        answer = undefined
        if (wasPaused) server.pause()
        if (status !== undefined) connection.transaction = status
      })
      server.write(queryMessage(sql))
      server.resume()
      return answer.rows
    },
    cut: () => cut(client, server),
    take(chunk) {
      if (answer === undefined) return false
      answer.push(chunk)
      return true
    },
    hangUp: () => answer?.fail(new Error('the connection was lost during an own query')),
  }
}

interface Answer {
  readonly rows: Promise<(string | null)[][]>
  push(chunk: Buffer): void
  fail(error: Error): void
}

/** Collects the answer to one query; `done` is called before `rows` settles. */
function answerOf(done: (status: TransactionStatus | undefined) => void): Answer {
  const { promise, resolve, reject } = Promise.withResolvers<(string | null)[][]>()
  const rows: (string | null)[][] = []
  let error: Error | undefined
  const messages = framer(
    () => 64_000_000,
    (type, body) => {
      if (type === code.dataRow) rows.push(readRow(body))
      if (type === code.error) error ??= new Error(readError(body).message)
      if (type !== code.readyForQuery) return false
      done(statuses[body[0] ?? 0] ?? 'unknown')
      if (error === undefined) resolve(rows)
      else reject(error)
      return true
    },
  )
  return {
    rows: promise,
    push: (chunk) => void messages.push(chunk),
    fail(lost) {
      done(undefined)
      reject(lost)
    },
  }
}

function queryMessage(sql: string): Buffer {
  const text = Buffer.from(sql)
  const message = Buffer.alloc(text.length + 6)
  message[0] = code.query
  message.writeInt32BE(text.length + 5, 1)
  text.copy(message, 5)
  return message
}

function readRow(body: Buffer): (string | null)[] {
  let offset = 2
  return Array.from({ length: body.readUInt16BE(0) }, () => {
    const length = body.readInt32BE(offset)
    offset += 4
    if (length < 0) return null
    offset += length
    return body.toString('utf8', offset - length, offset)
  })
}

const code = { dataRow: 0x44, error: 0x45, query: 0x51, readyForQuery: 0x5a } as const
