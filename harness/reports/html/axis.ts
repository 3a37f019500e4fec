import { scaleUtc } from 'd3-scale'
import { duration } from '../text.ts'
import { markup, type Markup } from './markup.ts'

/** A stretch of a clock, drawn from left to right; its marks are counted from where it begins. */
export interface Axis {
  readonly startMs: number
  /** After `startMs`, also for what took no time. */
  readonly endMs: number
  /** The id of its lines on the page, which every lane draws again. */
  readonly id: string
  /** Where a moment lies, in percent of the width; what lies outside is put at the edge. */
  at(ms: number): number
  /** Round times, for people, with their places. */
  readonly ticks: readonly { readonly text: string; readonly at: number }[]
}

/** The axis from one moment to a later one, with up to 6 marks at steps that people count in. */
export function axisOf(id: string, startMs: number, endMs: number): Axis {
  const end = Math.max(endMs, startMs + 1)
  const scale = scaleUtc()
    .domain([0, end - startMs])
    .range([0, 100])
    .clamp(true)
  const at = (ms: number) => round(scale(ms - startMs))
  const ticks = scale.ticks(5).map((tick) => ({ text: label(tick.getTime()), at: round(scale(tick)) }))
  return { startMs, endMs: end, id, at, ticks }
}

/** The marks with their texts, and the lines that lanes repeat. */
export function axisHead({ id, startMs, endMs, ticks }: Axis): Markup {
  return markup`<svg class="axis" role="img" aria-label="time from 0 to ${duration(endMs - startMs)}"><defs><g id="${id}">${ticks.map(
    ({ at }) => markup`<line class="rule" x1="${at}%" x2="${at}%" y2="100%"/>`,
  )}</g></defs>${ticks.map(
    ({ at, text }, index) =>
      markup`<text x="${at}%" y="70%" text-anchor="${index === 0 ? 'start' : at > 94 ? 'end' : 'middle'}">${text}</text>`,
  )}</svg>`
}

/** `250 ms`, `2.5 s`, `10 min`. */
function label(ms: number): string {
  return ms === 0 ? '0' : duration(ms).replace(/\.0 s$| 0 s$/, (cut) => (cut.startsWith('.') ? ' s' : ''))
}

const round = (value: number): number => Math.round(value * 100) / 100
