import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Connection } from '../postgres/connection.ts'
import { now } from './clock.ts'
import { evaluate, filledIn } from './evaluate.ts'
import type { RecordedTraffic } from './protocol.ts'
import { sampleList } from './sample-list.ts'
import { openSession, type Session } from './session.ts'
import type { TrafficPlan, TrafficUnit } from './traffic-plan.ts'

/** The user's traffic while it runs. */
export interface Traffic {
  readonly sessions: readonly Session[]
  stop(): Promise<RecordedTraffic[]>
}

/**
 * Sends units at their rate whatever the server does: one that is due while every client waits is sent when
 * one is free, and its latency counts from when it was due, as pgbench's does with a rate.
 */
export async function startTraffic(connection: Connection, plan: TrafficPlan): Promise<Traffic> {
  const sessions = await Promise.all(Array.from({ length: plan.clients }, () => openSession(connection, now)))
  const lists = new Map(namesOf(plan).map((name) => [name, { list: sampleList(), unsent: 0 }]))
  const stopped = new AbortController()
  const arrivals = plan.replay === null ? arrivalsAtRate(plan) : arrivalsOfReplay(plan.replay)
  const startedAt = now()
  let next = arrivals.next()

  async function serve(session: Session, client: number): Promise<void> {
    while (!stopped.signal.aborted && next.done !== true) {
      const { afterMs, name, work } = next.value
      next = arrivals.next()
      const dueAt = startedAt + afterMs
      const early = dueAt - now()
      if (early > 0) await pause(early, undefined, { signal: stopped.signal }).catch(() => {})
      if (stopped.signal.aborted) return
      const entry = lists.get(name)
      // A timer may fire a little early.
      const from = Math.min(dueAt, now())
      try {
        await session.run((it) => work(it, client))
        entry?.list.add(from, now() - from)
      } catch (error) {
        entry?.list.addError(error, now())
      }
    }
  }

  const serving = sessions.map((session, client) => serve(session, client))
  return {
    sessions,
    async stop() {
      stopped.abort()
      const stoppedAt = now()
      await Promise.race([Promise.all(serving), pause(2_000)])
      for (
        let due = 0;
        next.done !== true && startedAt + next.value.afterMs < stoppedAt && due < 100_000;
        due += 1
      ) {
        const entry = lists.get(next.value.name)
        if (entry !== undefined) entry.unsent += 1
        next = arrivals.next()
      }
      await Promise.all(sessions.map((session) => session.close(0)))
      return [...lists].map(([name, { list, unsent }]) => ({
        name,
        samples: list.samples(),
        unsent,
        errors: list.errors(),
      }))
    },
  }
}

interface Arrival {
  readonly afterMs: number
  readonly name: string
  readonly work: (client: Client, number: number) => Promise<void>
}

const replayName = 'replay'

const namesOf = ({ replay, units }: TrafficPlan): string[] =>
  replay === null ? units.map(({ name }) => name) : [replayName]

function* arrivalsAtRate({ units, ratePerSecond }: TrafficPlan): Generator<Arrival, undefined> {
  const weights = units.reduce((sum, { weight }) => sum + weight, 0)
  for (let index = 0; ; index += 1) {
    let place = Math.random() * weights
    const unit = units.find(({ weight }) => (place -= weight) < 0) ?? units[0]
    if (unit === undefined) return undefined
    yield {
      afterMs: (index * 1_000) / ratePerSecond,
      name: unit.name,
      work: (client, number) => runUnit(client, unit, number),
    }
  }
}

/** Over and over, for as long as the migrations take. */
function* arrivalsOfReplay(replay: NonNullable<TrafficPlan['replay']>): Generator<Arrival, undefined> {
  const lengthMs = Math.max(1, (replay.at(-1)?.atMs ?? 0) + 1)
  for (let round = 0; replay.length > 0; round += 1) {
    for (const { atMs, sql, params } of replay) {
      yield {
        afterMs: round * lengthMs + atMs,
        name: replayName,
        work: async (client) => void (await client.query(sql, [...params])),
      }
    }
  }
  return undefined
}

async function runUnit(client: Client, { steps }: TrafficUnit, number: number): Promise<void> {
  const variables = new Map([['client_id', number]])
  for (const step of steps) {
    if (step.kind === 'sql') await client.query(filledIn(step, variables))
    else if (step.kind === 'set') variables.set(step.variable, evaluate(step.expression, variables))
    else await pause(step.durationMs)
  }
}
