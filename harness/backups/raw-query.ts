import type { Client, Connection, Submittable } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { CopyStreamQuery } from 'pg-copy-streams'

/**
 * Runs one statement exactly as these bytes, in whatever encoding the session is in; rows are thrown away.
 * Rejects with the server's error.
 */
export async function runRaw(client: Client, sql: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const query = {
    submit: (connection: Connection): void => sendRaw(connection, sql),
    handleRowDescription: ignore,
    handleDataRow: ignore,
    handleCommandComplete: ignore,
    handleEmptyQuery: ignore,
    handleCopyInResponse: (connection: Connection): void => void connection.stream.write(copyFail),
    handleCopyData: ignore,
    handleError: (error: Error): void => reject(error),
    handleReadyForQuery: (): void => resolve(),
    // The client looks for one to wrap.
    callback: ignore,
  }
  client.query(query as Submittable)
  await promise
}

/** A stream into `copy … from stdin`, whose statement is sent as these bytes. */
export function copyRaw(client: Client, sql: Buffer): CopyStreamQuery {
  const stream = copyFrom(sql.toString())
  stream.submit = (connection: Connection): void => {
    // What the stream's own `submit` does besides sending its text.
    Object.assign(stream, { connection })
    sendRaw(connection, sql)
  }
  return client.query(stream)
}

const copyFail = Buffer.from('f\0\0\0\x0cno data\0')

function ignore(): void {}

/** A Query message of the protocol: `Q`, length, text, zero. */
function sendRaw({ stream }: Connection, sql: Buffer): void {
  const head = Buffer.alloc(5, 'Q')
  head.writeUInt32BE(sql.length + 5, 1)
  stream.write(Buffer.concat([head, sql, Buffer.alloc(1)]))
}
