import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError, messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'

const withinMs = 60_000

/**
 * Resolves when a server that lost one of its processes has recovered. Throws HarnessError `server-not-recovered`
 * when it does not within a minute.
 */
export async function untilRecovered(connection: Connection): Promise<void> {
  const deadline = Date.now() + withinMs
  // It answers until it has noticed.
  await sleep(50)
  for (;;) {
    try {
      return await withClient(connection, async (client) => void (await client.query('select 1')))
    } catch (cause) {
      if (Date.now() > deadline) {
        throw new HarnessError(
          'server-not-recovered',
          `Postgres did not recover from a crash: ${messageOf(cause)}`,
          {
            hint: 'Its log says why; the disk may be full.',
            cause,
          },
        )
      }
      await sleep(20)
    }
  }
}
