import { localTime } from './zone.ts'

/** So much was done from one moment to another, epoch milliseconds. */
export interface Busy {
  readonly startMs: number
  readonly endMs: number
  readonly count: number
}

/** What a week is like: for each quarter of an hour from Monday 00:00 local time, null where nothing is known. */
export interface WeeklyTraffic {
  readonly timeZone: string
  readonly perMinute: readonly (number | null)[]
  /** Where that is from, as a sentence goes on after "according to". */
  readonly source: string
}

export const quarterMs = 15 * 60_000
const quartersOfWeek = 7 * 24 * 4

/** Which quarter of an hour of the local week an instant is in. Offsets of today's zones are whole quarters. */
export function quarterOfWeek(at: number, timeZone: string): number {
  const { weekday, minute } = localTime(at, timeZone)
  return weekday * 96 + Math.floor(minute / 15)
}

/** The average over all weeks that were measured, each quarter by as much of it as was. */
export function averageWeek(busy: readonly Busy[], timeZone: string, source: string): WeeklyTraffic {
  const counts = Array.from({ length: quartersOfWeek }, () => 0)
  const minutes = Array.from({ length: quartersOfWeek }, () => 0)
  for (const { startMs, endMs, count } of busy) {
    for (let at = Math.floor(startMs / quarterMs) * quarterMs; at < endMs; at += quarterMs) {
      const overlapMs = Math.min(endMs, at + quarterMs) - Math.max(startMs, at)
      const quarter = quarterOfWeek(at, timeZone)
      counts[quarter] = (counts[quarter] ?? 0) + (count * overlapMs) / (endMs - startMs)
      minutes[quarter] = (minutes[quarter] ?? 0) + overlapMs / 60_000
    }
  }
  const perMinute = counts.map((count, quarter) => {
    const measured = minutes[quarter] ?? 0
    return measured > 0 ? count / measured : null
  })
  return { timeZone, perMinute, source }
}

/** A week told by hours: for each day from Monday, 24 counts an hour. */
export function tableWeek(
  days: readonly (readonly number[])[],
  timeZone: string,
  source: string,
): WeeklyTraffic {
  const perMinute = days.flatMap((hours) =>
    hours.flatMap((count) => Array.from({ length: 4 }, () => count / 60)),
  )
  return { timeZone, perMinute, source }
}
