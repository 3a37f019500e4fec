/** What clocks show in a time zone. */
export interface LocalTime {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  /** 0 is Monday. */
  readonly weekday: number
  /** Of the day, 0 to 1,439. */
  readonly minute: number
  /** How far clocks are ahead of UTC. */
  readonly offsetMinutes: number
}

/** What clocks in `timeZone` show at `at`, epoch milliseconds. Throws RangeError on a name that is no time zone. */
export function localTime(at: number, timeZone: string): LocalTime {
  const shown = shownAt(at, timeZone)
  const date = new Date(shown)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: (date.getUTCDay() + 6) % 7,
    minute: date.getUTCHours() * 60 + date.getUTCMinutes(),
    offsetMinutes: Math.round((shown - Math.floor(at / 1_000) * 1_000) / 60_000),
  }
}

/**
 * When clocks in `timeZone` show `2026-03-29 02:30` (seconds may follow), epoch milliseconds; NaN for other texts. A time
 * that clocks show twice is the first one; one that they leave out is as much later as they leap.
 */
export function instantOf(text: string, timeZone: string): number {
  const parts = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?$/.exec(text.trim())
  if (parts === null) return Number.NaN
  const [, year, month, day, hour, minute, second = '0'] = parts
  const wanted = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const offsets = [wanted - dayMs, wanted + dayMs].map((at) => shownAt(at, timeZone) - at)
  const candidates = offsets.map((offset) => wanted - offset)
  const shown = candidates.filter((at) => shownAt(at, timeZone) === wanted)
  return shown.length > 0 ? Math.min(...shown) : Math.max(...candidates)
}

/** Whether Intl knows the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

const dayMs = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}

/** What clocks show, as if it were UTC. */
function shownAt(at: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(at)
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour'),
    value('minute'),
    value('second'),
  )
}
