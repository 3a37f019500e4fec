import type { LockQueue } from '../probe-facts.ts'
import { migrationAt, type Timeline } from './culprit.ts'
import { rounded } from './phases.ts'
import type { Recording, WaitSample } from './protocol.ts'

/** Every wait of the migrator for a lock, the longest 50 in order of time, with the sessions that waited behind it. Pure. */
export function lockQueues(
  { waits, startedAt }: Pick<Recording, 'waits' | 'startedAt'>,
  timeline: Timeline,
): LockQueue[] {
  const ofMigrator = waits.filter(({ who }) => who === 'migrator')
  const episodes = Map.groupBy(ofMigrator, ({ pid, since, relation }) => `${pid} ${since} ${relation}`)
  return [...episodes.values()]
    .map((episode) => queueOf(episode, waits, { startedAt, timeline }))
    .toSorted((one, other) => other.waitedMs - one.waitedMs)
    .slice(0, queuesAtMost)
    .toSorted((one, other) => one.startMs - other.startMs)
}

const queuesAtMost = 50

function queueOf(
  episode: readonly WaitSample[],
  waits: readonly WaitSample[],
  { startedAt, timeline }: { startedAt: number; timeline: Timeline },
): LockQueue {
  const [first] = episode
  const last = episode.toSorted((one, other) => one.at - other.at).at(-1)
  if (first === undefined || last === undefined) throw new Error('an episode has samples')
  const from = first.at - first.waitedMs
  const behind = waitingBehind(
    first.pid,
    waits.filter(({ at }) => at >= from && at <= last.at),
  )
  return {
    relation: first.relation,
    mode: first.mode,
    statement: first.query.trim(),
    ...migrationAt(from, timeline),
    startMs: rounded(Math.max(0, from - startedAt)),
    waitedMs: rounded(last.waitedMs),
    behind: [...new Set(first.blockedBy.map(wordsOf))].join(', ') || 'nobody known',
    queued: new Set(behind.map(({ pid }) => pid)).size,
    queuedMs: rounded(Math.max(0, ...behind.map(({ waitedMs }) => waitedMs))),
  }
}

/** Those that wait for `pid`, or for somebody who does. */
function waitingBehind(pid: number, waits: readonly WaitSample[]): WaitSample[] {
  const pids = new Set([pid])
  for (let before = 0; before !== pids.size;) {
    before = pids.size
    for (const wait of waits) if (wait.blockedBy.some((it) => pids.has(it.pid))) pids.add(wait.pid)
  }
  pids.delete(pid)
  return waits.filter((wait) => pids.has(wait.pid))
}

function wordsOf({ who, words }: WaitSample['blockedBy'][number]): string {
  if (who === 'reader') return 'a reader that keeps its transaction open'
  if (who === 'probe') return 'a probe'
  if (who === 'migrator') return 'another session of the migrator'
  const query = words.replaceAll(/\s+/g, ' ').trim().slice(0, 120)
  return who === 'traffic' ? `traffic (${query})` : query
}
