import type { Connection } from '../postgres/connection.ts'
import { now } from './clock.ts'
import { openSession } from './session.ts'

/** A session that has read some tables and keeps its transaction open, as a long report or pg_dump does. */
export interface LongReader {
  readonly pid: number
  /** Ends the transaction after so long. */
  releaseAfter(durationMs: number): void
  close(): Promise<void>
}

export async function openReader(connection: Connection, reads: readonly string[]): Promise<LongReader> {
  const session = await openSession(connection, now)
  await session.run((client) => client.query('begin'))
  // What one migration has dropped the next reader cannot read.
  for (const sql of reads) {
    await session.run(async (client) => {
      await client.query('savepoint readable')
      await client.query(sql).catch(() => client.query('rollback to savepoint readable'))
    })
  }
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>()
  const closed = released.then(() => session.close(0))
  let timer: NodeJS.Timeout | undefined
  return {
    pid: session.pid,
    releaseAfter(durationMs) {
      clearTimeout(timer)
      timer = setTimeout(() => release(undefined), durationMs)
    },
    close() {
      clearTimeout(timer)
      release(undefined)
      return closed
    },
  }
}
