/** A time axis that starts at 0 and carries round marks. */
export interface Axis {
  /** Above 0, also for a run without any duration. */
  readonly endMs: number
  /** From 0, ascending, none beyond the end. */
  readonly ticksMs: readonly number[]
  /** A mark's text, with the unit: `0`, `250 ms`, `2.5 s`, `10 min`. */
  label(ms: number): string
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const stepsMs = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 20, 30].map((seconds) => seconds * second),
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * minute),
  ...[1, 2, 4, 8, 12, 24].map((hours) => hours * hour),
]

/** The axis for what lasts `endMs`, with 2 to 6 marks at steps people count in. */
export function axisOf(endMs: number): Axis {
  const end = Math.max(1, endMs)
  const step = stepsMs.find((it) => end / it <= 5) ?? Math.ceil(end / 5 / (24 * hour)) * 24 * hour
  const ticksMs = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step)
  return { endMs: end, ticksMs, label }
}

function label(ms: number): string {
  if (ms === 0) return '0'
  if (ms % hour === 0) return `${ms / hour} h`
  if (ms >= hour) return `${Math.floor(ms / hour)} h ${(ms % hour) / minute} min`
  if (ms % minute === 0) return `${ms / minute} min`
  if (ms >= minute) return `${Math.floor(ms / minute)} min ${(ms % minute) / second} s`
  return ms % second === 0 ? `${ms / second} s` : ms > second ? `${ms / second} s` : `${ms} ms`
}
