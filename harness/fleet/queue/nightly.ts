import { HarnessError, messageOf } from '../../errors.ts'
import { readFleet } from '../fleet-file.ts'
import type { FleetFile } from '../fleet-schema.ts'
import { cancelWaiting } from './cancel.ts'
import { affectedBy, roundsQueue, type FleetQueue } from './queue.ts'
import { beginRound, recordProblem } from './rounds.ts'

const key = 'nightly'

/** How often listing the databases is tried before the round is recorded as one that could not be begun. */
const tries = 3

/**
 * Has a round begun whenever the fleet file's `schedule` says so, as long as there is a worker; none without a
 * schedule. Returns the next time. Throws HarnessError `invalid-fleet`.
 */
export async function keepSchedule(
  { boss }: FleetQueue,
  { schedule }: Pick<FleetFile, 'schedule'>,
): Promise<Date | undefined> {
  if (schedule === undefined) {
    await boss.unschedule(roundsQueue, key)
    return undefined
  }
  const { cron, tz = 'UTC' } = typeof schedule === 'string' ? { cron: schedule } : schedule
  try {
    const [next] = boss.previewSchedule(cron, { tz, count: 1 })
    // A night without a worker is made up for when there is one.
    await boss.schedule(roundsQueue, cron, null, { tz, key, missed: 'once' })
    return next
  } catch (cause) {
    throw new HarnessError('invalid-fleet', `The schedule ${cron} (${tz}) is none: ${messageOf(cause)}`, {
      hint: "Give `schedule` of the fleet file a cron expression such as '0 2 * * *', and `tz` a time zone such as Europe/London.",
      cause,
    })
  }
}

/** When the next round is due; undefined without a schedule. */
export async function nextRound({ boss }: FleetQueue): Promise<Date | undefined> {
  const schedule = await boss.getSchedule(roundsQueue, key)
  if (schedule === null) return undefined
  return boss.previewSchedule(schedule.cron, { tz: schedule.timezone, count: 1 })[0]
}

/**
 * Begins the round that the schedule asks for, when it does: of the databases that the fleet file at `path` lists by
 * now. What still waits of the round before is cancelled, which its report says. Returns what was done, in a sentence.
 */
export async function takeRound(
  queue: FleetQueue,
  {
    path,
    cwd,
    environment,
  }: { path: string; cwd: string; environment: Readonly<Record<string, string | undefined>> },
): Promise<string | undefined> {
  const [job] = await queue.boss.fetch(roundsQueue)
  if (job === undefined) return undefined
  const fleet = await readFleet(path, cwd, { environment }).catch((error: unknown) => messageOf(error))
  return await queue.transaction(async (session) => {
    const { boss, here } = session
    if (typeof fleet === 'string' && job.retryCount + 1 < tries) {
      await boss.fail(roundsQueue, job, null, here)
      return `The scheduled round could not be begun, and is tried again: ${fleet}`
    }
    if (affectedBy(await boss.complete(roundsQueue, job, null, here)) === 0) return undefined
    if (typeof fleet === 'string') {
      await recordProblem(session, fleet)
      return `The scheduled round could not be begun: ${fleet}`
    }
    await cancelWaiting(session, 'the next scheduled round began')
    const id = await beginRound(session, fleet, { share: fleet.databases, origin: 'scheduled' })
    return `Began the scheduled round ${id}.`
  })
}
