import type { Client } from 'pg'
import { connect } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'

/** A session that opens itself again when it was ended, one query at a time. */
export interface Session {
  /** Backend process id; 0 while there is none. */
  readonly pid: number
  /** When the query that is not answered yet was sent; null between queries. */
  readonly busySince: number | null
  /** The query under way is about to be cancelled, as it and the migrator wait for each other. */
  giveWay(): void
  /** Runs one unit of work; throws its error, or DeadlockAvoided, after rolling back what was left open. */
  run<Result>(work: (client: Client) => Promise<Result>): Promise<Result>
  /** Waits at most so long for the query that is not answered yet, then ends the session abruptly. */
  close(graceMs: number): Promise<void>
}

/** Stands for the server's 40P01, which one of both would have got. */
export class DeadlockAvoided extends Error {
  readonly code = '40P01'

  constructor() {
    super('it and the migration waited for each other')
  }
}

export async function openSession(connection: Connection, now: () => number): Promise<Session> {
  let client: Client | undefined
  let pid = 0
  let busySince: number | null = null
  let givesWay = false
  let last: Promise<unknown> = Promise.resolve()

  async function opened(): Promise<Client> {
    if (client !== undefined) return client
    const fresh = await connect(connection)
    fresh.once('end', () => {
      if (client === fresh) client = undefined
    })
    const { rows } = await fresh.query<{ pid: string }>('select pg_backend_pid()::text as pid')
    pid = Number(rows[0]?.pid ?? 0)
    client = fresh
    return fresh
  }

  async function work<Result>(task: (client: Client) => Promise<Result>): Promise<Result> {
    const current = await opened()
    try {
      return await task(current)
    } catch (error) {
      await current.query('rollback').catch(() => {})
      throw error
    }
  }

  await opened()
  return {
    get pid() {
      return client === undefined ? 0 : pid
    },
    get busySince() {
      return busySince
    },
    giveWay() {
      givesWay = true
    },
    async run(task) {
      busySince = now()
      givesWay = false
      const running = work(task)
      last = running.catch(() => {})
      try {
        return await running
      } catch (error) {
        throw givesWay ? new DeadlockAvoided() : error
      } finally {
        busySince = null
      }
    },
    async close(graceMs) {
      await Promise.race([last, new Promise((resolve) => setTimeout(resolve, graceMs).unref())])
      const current = client
      if (current === undefined) return
      // With a query under way pg does not say goodbye but hangs up.
      await current.end().catch(() => {})
    },
  }
}
