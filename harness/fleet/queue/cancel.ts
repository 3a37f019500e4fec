import { notRun } from '../document.ts'
import { rehearsalsQueue, type FleetQueue, type Session } from './queue.ts'
import { findRounds, releaseHeld, type Round } from './rounds.ts'

export interface CancelRequest {
  /** Only these; every database unless given. */
  readonly names?: readonly string[]
  /** Only of this round; of every round unless given. */
  readonly round?: string
}

export interface Cancelled {
  readonly round: string
  readonly name: string
  /** Its worker ends the rehearsal when it next says that it lives. */
  readonly wasRunning: boolean
}

/**
 * Cancels what waits or is under way; each database that it was cancelled for has that for its result, which is not
 * green.
 */
export async function cancel(
  { transaction }: FleetQueue,
  { names, round }: CancelRequest,
): Promise<readonly Cancelled[]> {
  return await transaction(async (session) => {
    const rounds = await findRounds(session, { id: round, lock: true })
    const cancelled: Cancelled[] = []
    for (const each of rounds) {
      const why = 'It was not rehearsed to its end, as it was cancelled.'
      cancelled.push(...(await cancelIn(session, each, { names, why, running: true })))
    }
    return cancelled
  })
}

/** Cancels what waits of scheduled rounds; what is under way goes on. */
export async function cancelWaiting(session: Session, because: string): Promise<void> {
  const rounds = await findRounds(session, { lock: true })
  const why = `It was not rehearsed before ${because}.`
  for (const round of rounds.filter(({ origin }) => origin === 'scheduled'))
    await cancelIn(session, round, { names: undefined, why, running: false })
}

async function cancelIn(
  session: Session,
  round: Round,
  { names, why, running }: { names: readonly string[] | undefined; why: string; running: boolean },
): Promise<Cancelled[]> {
  const { boss, here, sql, schema } = session
  const jobs = await sql<{ id: string; name: string; state: string }>(
    `select id, data->'database'->>'name' as name, state::text from ${schema}.job
     where name = $1 and data->>'round' = $2 and state < $3 for update`,
    [rehearsalsQueue, round.id, running ? 'completed' : 'active'],
  )
  const isMeant = ({ name }: { name: string }) => names === undefined || names.includes(name)
  const meant = jobs.filter(isMeant)
  if (meant.length > 0) {
    await boss.cancel(
      rehearsalsQueue,
      meant.map(({ id }) => id),
      here,
    )
  }
  const held = (round.held ?? []).filter(isMeant)
  const cancelled: Cancelled[] = []
  for (const { name, state } of [...meant, ...held.map((it) => ({ ...it, state: 'held' }))]) {
    const stored = await sql(
      `insert into ${schema}.fleet_result (round, name, result) values ($1, $2, $3)
       on conflict do nothing returning name`,
      [round.id, name, JSON.stringify(notRun(name, 'interrupted', why))],
    )
    if (stored.length > 0) cancelled.push({ round: round.id, name, wasRunning: state === 'active' })
  }
  if (cancelled.length > 0) await releaseHeld(session, round)
  return cancelled
}
