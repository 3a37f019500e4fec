import { setTimeout as pause } from 'node:timers/promises'
import type { Connection } from '../postgres/connection.ts'
import { now } from './clock.ts'
import type { RecordedSeries } from './protocol.ts'
import { sampleList } from './sample-list.ts'
import { DeadlockAvoided, openSession, type Session } from './session.ts'

/** One session that sends one probe over and over, one at a time, and notes how long each took. */
export interface Canary {
  readonly session: Session
  /** Ends it; a probe that is not answered 2 s later is given up and counted as long as it waited. */
  stop(): Promise<RecordedSeries>
}

export interface CanaryOptions {
  readonly table: string
  readonly kind: 'reads' | 'writes'
  readonly sql: string
  /** From the beginning of one probe to that of the next, or its end where that is later. */
  readonly intervalMs: number
  /** Before the first probe, so that canaries do not all sing at once. */
  readonly offsetMs: number
}

export async function startCanary(
  connection: Connection,
  { table, kind, sql, intervalMs, offsetMs }: CanaryOptions,
): Promise<Canary> {
  const session = await openSession(connection, now)
  const list = sampleList()
  const stopped = new AbortController()
  // What a new session does once, such as reading the catalog, no client of a pool feels.
  for (let probe = 0; probe < 3; probe += 1) await session.run((client) => client.query(sql)).catch(() => {})
  const startedAt = now()

  async function sing(): Promise<void> {
    await pause(offsetMs)
    while (!stopped.signal.aborted) {
      const at = now()
      try {
        await session.run((client) => client.query(sql))
        list.add(at, now() - at)
      } catch (error) {
        if (error instanceof DeadlockAvoided) list.add(at, now() - at)
        list.addError(error, now())
      }
      const every = at - startedAt > fullPaceMs ? 4 * intervalMs : intervalMs
      await pause(Math.max(0, at + every - now()), undefined, { signal: stopped.signal }).catch(() => {})
    }
  }

  const singing = sing()
  return {
    session,
    async stop() {
      stopped.abort()
      const waitingSince = session.busySince
      const answered = await Promise.race([singing.then(() => true), pause(2_000, false)])
      if (!answered && waitingSince !== null) list.add(waitingSince, now() - waitingSince)
      const recorded = { table, kind, samples: list.samples(), errors: list.errors() }
      await session.close(0)
      return recorded
    },
  }
}

/** Migrations that take longer are probed at a quarter of the pace, so that hours of samples stay small. */
const fullPaceMs = 120_000
