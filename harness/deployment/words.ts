import { duration } from '../reports/text.ts'
import type { Interval } from './expectations.ts'

/** `1.2 s to 3.4 s`, `1.2 s` where both are the same, `not measured` for null. */
export function interval(it: Interval | null): string {
  if (it === null) return 'not measured'
  const [low, high] = [duration(it.low), duration(it.high)]
  return low === high ? low : `${low} to ${high}`
}

/** The most of it, and the margin on top; `not measured` for null. */
export function atMost(it: Interval | null, margin: number): string {
  return it === null ? 'not measured' : duration(it.high * margin)
}

/** When to cancel what should have ended: with the margin, and not before people can see it, which takes a minute. */
export function cancelAfter(it: Interval | null, margin: number): string {
  return it === null ? 'a time to be agreed' : duration(Math.max(60_000, it.high * margin))
}

/** `Wednesday, 25 November 2026 at 04:15 GMT`. */
export function moment(at: number, timeZone: string): string {
  return new Date(at).toLocaleString('en-GB', {
    timeZone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  })
}

/** `04:15`. */
export function clock(at: number, timeZone: string): string {
  return new Date(at).toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' })
}
