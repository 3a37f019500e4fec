import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import { connect } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { readSessions } from './sessions.ts'
import { explainStall, progressed } from './stall.ts'
import type { Session, Stall } from './stall.ts'

export interface StallWatch {
  /** Resolves when nothing has moved for so long; never after `stop`. */
  readonly stalled: Promise<Stall>
  /** Something moved that the database does not show. */
  touch(): void
  /** Ends the watching; its session is closed when this resolves. */
  stop(): Promise<void>
}

/** Looks at the sessions of the database every 250 ms until they have not moved for `stallTimeoutMs`. */
export function watchForStall(connection: Connection, stallTimeoutMs: number): StallWatch {
  const stop = new AbortController()
  const { promise: stalled, resolve } = Promise.withResolvers<Stall>()
  let movedAt = performance.now()
  const touch = (): void => {
    movedAt = performance.now()
  }

  async function watch(): Promise<void> {
    let client: Client | undefined
    let before: readonly Session[] = []
    while (!stop.signal.aborted) {
      client ??= await connect(connection).catch(() => undefined)
      const after = client === undefined ? null : await readSessions(client).catch(() => null)
      if (after === null) {
        await client?.end().catch(() => {})
        client = undefined
      } else {
        if (progressed(before, after)) touch()
        before = after
      }
      if (performance.now() - movedAt >= stallTimeoutMs) {
        resolve(explainStall(after))
        break
      }
      await pause(intervalMs, undefined, { signal: stop.signal }).catch(() => {})
    }
    await client?.end().catch(() => {})
  }

  const watching = watch()
  return {
    stalled,
    touch,
    async stop() {
      stop.abort()
      await watching
    },
  }
}

const intervalMs = 250
