import { randomBytes, randomUUID } from 'node:crypto'
import { notRun } from '../document.ts'
import type { Fleet, FleetDatabase } from '../fleet.ts'
import { canariesOf, inOrder } from '../schedule.ts'
import type { Durations } from '../shard.ts'
import { rehearsalsQueue, type Session } from './queue.ts'

/** Every database of a fleet, or some of them, once. */
export interface Round {
  readonly id: string
  readonly origin: RoundOrigin
  readonly createdAt: Date
  readonly facts: RoundFacts
  /** Databases that wait for the canaries; null when nothing does. */
  readonly held: readonly FleetDatabase[] | null
  /** Why the schedule could not begin it; null when it was begun. */
  readonly problem: string | null
}

export type RoundOrigin = 'enqueued' | 'scheduled'

export interface RoundFacts {
  /** Every database of the fleet. */
  readonly databases: readonly string[]
  /** Those of the round. */
  readonly share: readonly string[]
  readonly canaries: readonly string[]
  readonly outlierFactor: number
  readonly timeoutMs: number | null
}

/** What a worker is told of a rehearsal. Holds no secret: the fleet file names variables. */
export interface RehearsalJob {
  readonly round: string
  readonly database: FleetDatabase
  readonly timeoutMs: number | null
}

/** Rounds are forgotten after so long. */
export const keptDays = 90

/** Begins a round over `share`: its canaries wait from now on, the others when these have passed. Returns its id. */
export async function beginRound(
  session: Session,
  fleet: Fleet,
  { share, origin }: { readonly share: readonly FleetDatabase[]; readonly origin: RoundOrigin },
): Promise<string> {
  const durations = await lastDurations(session)
  const canaries = canariesOf(share, fleet.canary)
  const rest = share.filter((database) => !canaries.includes(database))
  const isHeld = canaries.length > 0 && rest.length > 0
  const facts: RoundFacts = {
    databases: fleet.databases.map(({ name }) => name),
    share: share.map(({ name }) => name),
    canaries: canaries.map(({ name }) => name),
    outlierFactor: fleet.outlierFactor,
    timeoutMs: fleet.timeoutMs ?? null,
  }
  const id = newId()
  const held = isHeld ? JSON.stringify(inOrder(rest, durations)) : null
  await session.sql(
    `insert into ${session.schema}.fleet_round (id, origin, facts, held) values ($1, $2, $3, $4)`,
    [id, origin, JSON.stringify(facts), held],
  )
  await send(session, id, inOrder(isHeld ? canaries : share, durations), facts)
  await session.sql(`delete from ${session.schema}.fleet_round where created_at < now() - $1::interval`, [
    `${keptDays} days`,
  ])
  return id
}

/** Remembers that the schedule asked for a round that could not be begun, so that its report is no older one. */
export async function recordProblem({ sql, schema }: Session, problem: string): Promise<void> {
  const facts: RoundFacts = { databases: [], share: [], canaries: [], outlierFactor: 5, timeoutMs: null }
  await sql(
    `insert into ${schema}.fleet_round (id, origin, facts, problem) values ($1, 'scheduled', $2, $3)`,
    [newId(), JSON.stringify(facts), problem],
  )
}

/** The rounds that are asked for, the newest first, locked where `lock` says so. */
export async function findRounds(
  { sql, schema }: Session,
  {
    id,
    lock = false,
    last,
  }: { readonly id?: string | undefined; readonly lock?: boolean; readonly last?: number } = {},
): Promise<Round[]> {
  return await sql<Round>(
    `select id, origin, created_at as "createdAt", facts, held, problem from ${schema}.fleet_round
     where $1::text is null or id = $1 order by number desc limit $2 ${lock ? 'for no key update' : ''}`,
    [id ?? null, last ?? null],
  )
}

/**
 * After a result was stored: when all canaries of the round have one, what waited for them goes on, or is spared. The
 * round must be locked.
 */
export async function releaseHeld(session: Session, round: Round): Promise<void> {
  if (round.held === null) return
  const { sql, schema } = session
  const results = await sql<{ name: string; verdict: string }>(
    `select name, result->>'verdict' as verdict from ${schema}.fleet_result where round = $1 and name = any($2)`,
    [round.id, round.facts.canaries],
  )
  if (results.length < round.facts.canaries.length) return
  const failed = results.filter(({ verdict }) => verdict !== 'passed').map(({ name }) => name)
  const stored = await sql<{ name: string }>(`select name from ${schema}.fleet_result where round = $1`, [
    round.id,
  ])
  const rest = round.held.filter(({ name }) => !stored.some((it) => it.name === name))
  await sql(`update ${schema}.fleet_round set held = null where id = $1`, [round.id])
  if (failed.length === 0) return await send(session, round.id, rest, round.facts)
  const why = `It was not rehearsed, as a canary did not pass: ${failed.join(', ')}.`
  for (const { name } of rest) {
    await sql(`insert into ${schema}.fleet_result (round, name, result) values ($1, $2, $3)`, [
      round.id,
      name,
      JSON.stringify(notRun(name, 'canary-failed', why)),
    ])
  }
}

/** What each database took the last time it was rehearsed. */
async function lastDurations({ sql, schema }: Session): Promise<Durations> {
  const rows = await sql<{ name: string; durationMs: number }>(
    `select distinct on (name) name, (result->>'durationMs')::float8 as "durationMs"
     from ${schema}.fleet_result where result->>'notRun' is null order by name, stored_at desc`,
  )
  return new Map(rows.map(({ name, durationMs }) => [name, durationMs]))
}

/** A database's priority comes first, then its place in the queue: pg-boss keeps no order of what came at once. */
const places = 100_000

async function send(
  { boss, here, sql, schema, settings }: Session,
  round: string,
  databases: readonly FleetDatabase[],
  { timeoutMs }: RoundFacts,
): Promise<void> {
  const dayS = 24 * 3_600
  const [{ taken } = { taken: 0 }] = await sql<{ taken: number }>(
    `select coalesce(max($2::int - mod(mod(priority, $2) + $2, $2)), 0) as taken
     from ${schema}.job where name = $1 and state < 'completed'`,
    [rehearsalsQueue, places],
  )
  const jobs = databases.map((database, index) => ({
    id: randomUUID(),
    data: { round, database, timeoutMs } satisfies RehearsalJob,
    singletonKey: database.name,
    priority:
      Math.max(-20_000, Math.min(20_000, database.priority)) * places +
      Math.max(0, places - 1 - taken - index),
    heartbeatSeconds: settings.heartbeatS,
    expireInSeconds: Math.max(dayS, Math.ceil((timeoutMs ?? 0) / 1_000) + 3_600),
  }))
  await boss.insert(rehearsalsQueue, jobs, here)
}

/** Whether it may name a round, as the directory of its reports does. */
export function isRoundId(text: string): boolean {
  return /^\d{8}-\d{6}-[0-9a-f]{6}$/.test(text)
}

function newId(): string {
  const time = new Date()
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(/[-:]/g, '')
    .replace('T', '-')
  return `${time}-${randomBytes(3).toString('hex')}`
}
