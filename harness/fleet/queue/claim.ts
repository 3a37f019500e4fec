import { hostname } from 'node:os'
import type { JobAttempt } from 'pg-boss'
import type { FleetResult } from '../fleet.ts'
import { affectedBy, rehearsalsQueue, roundsQueue, type FleetQueue, type Session } from './queue.ts'
import { findRounds, releaseHeld, type RehearsalJob } from './rounds.ts'

/** A rehearsal that this worker has, until another is given it. */
export interface Claim extends RehearsalJob {
  /** Names the attempt: who was taken for dead and comes back holds an older one, with which nothing can be written. */
  readonly attempt: JobAttempt
  /** How often it was begun, this time included. */
  readonly number: number
  /** Why earlier attempts came to nothing, a sentence each; without those that were given back in order. */
  readonly failures: readonly string[]
  readonly heartbeatS: number
}

/** Takes the rehearsal that is next; undefined when none waits that may go on now. */
export async function claimNext({ transaction, settings }: FleetQueue): Promise<Claim | undefined> {
  return await transaction(async (session) => {
    const { boss, here, sql, schema } = session
    const [job] = await boss.fetch<RehearsalJob>(rehearsalsQueue, { ...here, includeMetadata: true })
    if (job === undefined) return undefined
    const { id, retryCount, data } = job
    const { round, database } = data
    const failures = await failuresOf(session, data)
    const [begun] = await sql<{ number: number }>(
      `insert into ${schema}.fleet_attempt (round, name, number, job, host, pid)
       select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5
       from ${schema}.fleet_attempt where round = $1 and name = $2 returning number`,
      [round, database.name, id, hostname(), process.pid],
    )
    const heartbeatS = job.heartbeatSeconds ?? settings.heartbeatS
    return { ...data, attempt: { id, retryCount }, number: begun?.number ?? 1, failures, heartbeatS }
  })
}

/** Says that the worker lives. False when the rehearsal is no longer this worker's: another has it, or it was cancelled. */
export async function keepClaim({ boss }: FleetQueue, { attempt }: Claim): Promise<boolean> {
  return affectedBy(await boss.touch(rehearsalsQueue, attempt)) === 1
}

/** Stores the one result of the database in its round. False, and nothing is stored, when the claim was lost before. */
export async function settle(
  { transaction }: FleetQueue,
  claim: Claim,
  result: FleetResult,
): Promise<boolean> {
  return await transaction(async (session) => {
    const { boss, here, sql, schema } = session
    const [round] = await findRounds(session, { id: claim.round, lock: true })
    const completed = await boss.complete(rehearsalsQueue, claim.attempt, null, here)
    if (affectedBy(completed) === 0 || round === undefined) return false
    await sql(`insert into ${schema}.fleet_result (round, name, job, result) values ($1, $2, $3, $4)`, [
      claim.round,
      claim.database.name,
      claim.attempt.id,
      JSON.stringify(result),
    ])
    await endAttempt(session, claim, 'stored', null)
    await releaseHeld(session, round)
    return true
  })
}

/** Has another worker take the rehearsal. One that was given back in order, without a problem, does not count as an attempt. */
export async function giveBack({ transaction }: FleetQueue, claim: Claim, problem?: string): Promise<void> {
  await transaction(async (session) => {
    const { boss, here } = session
    const failed = await boss.fail(rehearsalsQueue, claim.attempt, null, here)
    if (affectedBy(failed) === 0) return
    await endAttempt(session, claim, problem === undefined ? 'given back' : 'failed', problem ?? null)
  })
}

/** Whether no rehearsal waits or is under way, and no round is to be begun. */
export async function isEmpty({ sql, schema }: Session): Promise<boolean> {
  const [{ open } = { open: true }] = await sql<{ open: boolean }>(
    `select exists (select from ${schema}.job where name = any($1) and state < 'completed') as open`,
    [[rehearsalsQueue, roundsQueue]],
  )
  return !open
}

async function failuresOf({ sql, schema }: Session, { round, database }: RehearsalJob): Promise<string[]> {
  const rows = await sql<{ host: string; outcome: string | null; problem: string | null }>(
    `select host, outcome, problem from ${schema}.fleet_attempt
     where round = $1 and name = $2 and outcome is distinct from 'given back' order by number`,
    [round, database.name],
  )
  return rows.map(({ host, outcome, problem }) =>
    outcome === null
      ? `The worker on ${host} was not heard of any more.`
      : `On ${host}: ${problem ?? 'it came to nothing.'}`,
  )
}

async function endAttempt(
  { sql, schema }: Session,
  { round, database, number }: Claim,
  outcome: 'stored' | 'failed' | 'given back',
  problem: string | null,
): Promise<void> {
  await sql(
    `update ${schema}.fleet_attempt set ended_at = now(), outcome = $4, problem = $5
     where round = $1 and name = $2 and number = $3`,
    [round, database.name, number, outcome, problem],
  )
}
