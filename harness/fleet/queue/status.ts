import { z } from 'zod'
import type { Verdict } from '../../rehearsal.ts'
import { fleetResultSchema } from '../document-schema.ts'
import { fleetDocument, type FleetDocument } from '../document.ts'
import { nextRound } from './nightly.ts'
import { rehearsalsQueue, type FleetQueue, type Session } from './queue.ts'
import { findRounds, type Round, type RoundOrigin } from './rounds.ts'

/** The queue as it is now. */
export interface QueueStatus {
  /** Those that are open, and the newest; the newest first. */
  readonly rounds: readonly RoundStatus[]
  /** Workers that were heard of lately. */
  readonly workers: readonly { readonly host: string; readonly pid: number; readonly heardAt: string }[]
  /** When the schedule begins the next round; null without a schedule. */
  readonly next: string | null
}

export interface RoundStatus {
  readonly round: string
  readonly origin: RoundOrigin
  /** ISO 8601, UTC. */
  readonly begunAt: string
  /** Why it could not be begun; null when it was. */
  readonly problem: string | null
  /** Of those that are done, the worst; null when nothing is. */
  readonly verdict: Verdict | null
  readonly databases: readonly DatabaseStatus[]
}

export interface DatabaseStatus {
  readonly name: string
  /** `held`: until the canaries have passed. `missing`: it belongs to the round, and nothing of it is known. */
  readonly state: 'held' | 'waiting' | 'running' | 'done' | 'missing'
  /** The host that rehearses it, or did. */
  readonly where: string | null
  /** When what it is now began: the rehearsal, or the result was stored. */
  readonly since: string | null
  readonly attempts: number
  readonly verdict: Verdict | null
  readonly summary: string | null
}

/** What waits, what goes on where since when, and what came of the rest; of one round where it is given. */
export async function queueStatus(queue: FleetQueue, id?: string): Promise<QueueStatus> {
  const rounds = await findRounds(queue, id === undefined ? { last: 100 } : { id })
  const all = await Promise.all(rounds.map(async (round) => await statusOf(queue, round)))
  const shown = all.filter(
    ({ databases }, index) => index === 0 || databases.some(({ state }) => openStates.has(state)),
  )
  const [instances, next] = await Promise.all([queue.boss.getInstances(), nextRound(queue)])
  return {
    rounds: shown,
    workers: instances
      .filter(({ live }) => live)
      .map(({ host, pid, heartbeatOn }) => ({ host, pid, heardAt: heartbeatOn.toISOString() })),
    next: next?.toISOString() ?? null,
  }
}

const openStates: ReadonlySet<DatabaseStatus['state']> = new Set(['held', 'waiting', 'running'])

/** Whether nothing of a round is still to come. */
export function isOver({ databases }: RoundStatus): boolean {
  return !databases.some(({ state }) => openStates.has(state))
}

/** The report over a round; a database without a result could not be verified. */
export async function roundDocument(
  queue: FleetQueue,
  { id, facts, createdAt }: Round,
): Promise<FleetDocument> {
  const rows = await queue.sql<{ result: unknown; storedAt: Date }>(
    `select result, stored_at as "storedAt" from ${queue.schema}.fleet_result where round = $1`,
    [id],
  )
  const ends = rows.map(({ storedAt }) => storedAt.getTime())
  return fleetDocument({
    startedAt: createdAt.toISOString(),
    durationMs: Math.max(0, ...ends.map((end) => end - createdAt.getTime())),
    databases: facts.databases,
    share: facts.share,
    shard: null,
    outlierFactor: facts.outlierFactor,
    results: z.array(fleetResultSchema).parse(rows.map(({ result }) => result)),
  })
}

interface Known {
  readonly name: string
  readonly state: string | null
  readonly verdict: Verdict | null
  readonly summary: string | null
  readonly storedAt: Date | null
  readonly host: string | null
  readonly startedAt: Date | null
  readonly attempts: number
}

async function statusOf(
  session: Session,
  { id, facts, origin, createdAt, held, problem }: Round,
): Promise<RoundStatus> {
  const known = await knownOf(session, id, facts.share)
  const databases = known.map((it) => databaseStatus(it, held?.some(({ name }) => name === it.name) ?? false))
  const verdicts = new Set(databases.map(({ verdict }) => verdict))
  return {
    round: id,
    origin,
    begunAt: createdAt.toISOString(),
    problem,
    verdict: worstFirst.find((verdict) => verdicts.has(verdict)) ?? null,
    databases,
  }
}

const worstFirst: readonly Verdict[] = ['failed', 'could-not-verify', 'passed']

async function knownOf({ sql, schema }: Session, round: string, names: readonly string[]): Promise<Known[]> {
  return await sql<Known>(
    `with job as materialized (
       select data->'database'->>'name' as name, state::text from ${schema}.job
       where name = $3 and data->>'round' = $1
     ), attempt as materialized (
       select distinct on (name) * from ${schema}.fleet_attempt where round = $1 order by name, number desc
     )
     select share.name, job.state, result.result->>'verdict' as verdict, result.result->>'summary' as summary,
       result.stored_at as "storedAt", attempt.host, attempt.started_at as "startedAt",
       coalesce(attempt.number, 0) as attempts
     from unnest($2::text[]) with ordinality as share (name, place)
     left join ${schema}.fleet_result result on result.round = $1 and result.name = share.name
     left join job on job.name = share.name
     left join attempt on attempt.name = share.name
     order by share.place`,
    [round, names, rehearsalsQueue],
  )
}

function databaseStatus(
  { name, state, verdict, summary, storedAt, host, startedAt, attempts }: Known,
  isHeld: boolean,
): DatabaseStatus {
  const base = { name, attempts, verdict, summary }
  if (verdict !== null) return { ...base, state: 'done', where: host, since: storedAt?.toISOString() ?? null }
  if (state === 'active')
    return { ...base, state: 'running', where: host, since: startedAt?.toISOString() ?? null }
  const still = isHeld ? 'held' : state === 'created' || state === 'retry' ? 'waiting' : 'missing'
  return { ...base, state: still, where: null, since: null }
}
