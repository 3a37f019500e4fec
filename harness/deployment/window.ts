import { quarterMs, quarterOfWeek, type WeeklyTraffic } from './traffic.ts'
import { localTime } from './zone.ts'

export interface WindowRequest {
  /** Epoch milliseconds; a window begins at the next quarter of an hour or later, and ends before `latestMs`. */
  readonly earliestMs: number
  readonly latestMs: number
  /** Rounded up to whole quarters of an hour. */
  readonly lengthMs: number
  /** Weekdays on which it may begin, 0 is Monday; undefined: any. */
  readonly days?: readonly number[] | undefined
  /** Minutes of the day between which it lies, over midnight where `from` is later; undefined: any. */
  readonly hours?: { readonly from: number; readonly to: number } | undefined
}

/** A time to deploy in, with what clients usually do then. */
export interface Window {
  /** Epoch milliseconds. */
  readonly startMs: number
  readonly endMs: number
  readonly expected: number
  /** Of what an average stretch of the same length has; 0 when nothing ever happens. */
  readonly share: number
}

/** Nothing is proposed so near to a change of the clocks, when times of day are said twice or not at all. */
const changeMs = 3 * 3_600_000

/**
 * The quietest windows, quietest first and the earlier of two that are as quiet, each on a day of its own. None where
 * the traffic of a quarter is not known. Pure.
 */
export function findWindows(traffic: WeeklyTraffic, request: WindowRequest, atMost = 3): Window[] {
  const { earliestMs, latestMs, lengthMs } = request
  const length = Math.max(1, Math.ceil(lengthMs / quarterMs))
  const first = Math.ceil(earliestMs / quarterMs) * quarterMs
  const all: Window[] = []
  for (let startMs = first; startMs + length * quarterMs <= latestMs; startMs += quarterMs) {
    const window = windowAt(traffic, startMs, length)
    if (window !== undefined && isAllowed(window, request, traffic.timeZone)) all.push(window)
  }
  const dayOf = ({ startMs }: Window) =>
    Math.floor((startMs + offsetMs(startMs, traffic.timeZone)) / 86_400_000)
  const found: Window[] = []
  for (const window of all.toSorted((a, b) => a.expected - b.expected || a.startMs - b.startMs)) {
    if (found.length === atMost) break
    if (!found.some((it) => dayOf(it) === dayOf(window))) found.push(window)
  }
  return found
}

/** The window that begins at `startMs`, of so many quarters; undefined where its traffic is not known. */
export function windowAt(traffic: WeeklyTraffic, startMs: number, quarters: number): Window | undefined {
  const rates = Array.from(
    { length: quarters },
    (_, index) => traffic.perMinute[quarterOfWeek(startMs + index * quarterMs, traffic.timeZone)] ?? null,
  )
  const known = rates.filter((rate) => rate !== null)
  if (known.length < rates.length) return undefined
  const expected = known.reduce((sum, rate) => sum + rate * 15, 0)
  const week = traffic.perMinute.filter((rate) => rate !== null)
  const average = (week.reduce((sum, rate) => sum + rate, 0) / week.length) * 15 * quarters
  return {
    startMs,
    endMs: startMs + quarters * quarterMs,
    expected,
    share: average === 0 ? 0 : expected / average,
  }
}

function isAllowed({ startMs, endMs }: Window, { days, hours }: WindowRequest, timeZone: string): boolean {
  const start = localTime(startMs, timeZone)
  if (days !== undefined && !days.includes(start.weekday)) return false
  if (offsetMs(startMs - changeMs, timeZone) !== offsetMs(endMs + changeMs, timeZone)) return false
  if (hours === undefined) return true
  const { from, to } = hours
  const open = (to - from + 1_440) % 1_440 || 1_440
  const into = (start.minute - from + 1_440) % 1_440
  return into + (endMs - startMs) / 60_000 <= open
}

const offsetMs = (at: number, timeZone: string): number => localTime(at, timeZone).offsetMinutes * 60_000
