import { Client } from 'pg'
import type { Connection } from './connection.ts'

/** The harness's own sessions carry this name, so that they can be told from the migrator's and the app's. */
export const applicationName = 'pg-rehearsal'

/**
 * Opens one session of the harness's own. Values come back as the server's text whatever their type, so
 * that nothing is lost on the way; queries cast to what they want. Close it with `end()`.
 */
export async function connect(connection: Connection, connectTimeoutMs = 10_000): Promise<Client> {
  const client = new Client({
    ...connection,
    ssl: false,
    application_name: applicationName,
    options: unlimited,
    connectionTimeoutMillis: connectTimeoutMs,
    // A server that is gone without a word is noticed in the end.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: () => (text: string | Buffer) => String(text) },
  })
  // A server that goes away between queries must not end the program; the next query reports it.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    // Whoever refuses us may not hang up, and the connection would keep the program from ending.
    client.connection.stream.destroy()
    throw error
  }
  return client
}

/** Opens a session, runs `work` in it and closes it. */
export async function withClient<Result>(
  connection: Connection,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(connection)
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/** What the database is set to (`alter database … set`) is for the migrations and the app, not for reading it. */
const unlimited = [
  'statement_timeout=0',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=0',
  'default_transaction_read_only=off',
]
  .map((setting) => `-c ${setting}`)
  .join(' ')
