import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../errors.ts'
import { rehearsalsQueue, type Session } from './queue.ts'
import { isRoundId } from './rounds.ts'

/**
 * Removes a worker's reports of rounds in which nothing was written for `keepReports`, except where the queue has
 * something of the round still to come or under way. Returns a line for each that was removed, and for each that could
 * not be; never throws.
 */
export async function pruneReports(session: Session, directory: string): Promise<string[]> {
  const before = Date.now() - session.settings.keepReportsMs
  const rounds = (await readdir(directory).catch(() => [])).filter(isRoundId)
  const old: string[] = []
  for (const round of rounds) if ((await writtenAt(join(directory, round))) < before) old.push(round)
  if (old.length === 0) return []
  try {
    const open = await openRounds(session)
    return await Promise.all(
      old.filter((round) => !open.has(round)).map((round) => remove(round, join(directory, round))),
    )
  } catch (error) {
    return [`Old reports were not removed, as the queue does not answer: ${messageOf(error)}`]
  }
}

/** When something in it last came or went; of what is no directory never in the past. */
async function writtenAt(round: string): Promise<number> {
  try {
    if (!(await lstat(round)).isDirectory()) return Infinity
    const paths = [round, ...(await readdir(round)).map((name) => join(round, name))]
    const times = await Promise.all(paths.map(async (path) => (await lstat(path)).mtimeMs))
    return Math.max(...times)
  } catch {
    // Another worker that shares the directory removes it.
    return Infinity
  }
}

async function openRounds({ sql, schema }: Session): Promise<ReadonlySet<string>> {
  const rows = await sql<{ round: string }>(
    `select id as round from ${schema}.fleet_round where held is not null
     union select data->>'round' from ${schema}.job where name = $1 and state < 'completed'`,
    [rehearsalsQueue],
  )
  return new Set(rows.map(({ round }) => round))
}

async function remove(round: string, directory: string): Promise<string> {
  try {
    await rm(directory, { recursive: true, force: true })
    return `Removed the reports of round ${round}.`
  } catch (error) {
    return `The reports of round ${round} were not removed: ${messageOf(error)}`
  }
}
