import { duration } from '../text.ts'
import { markup, type Content, type Markup } from './markup.ts'
import { axisOf, type Axis } from './axis.ts'

/** One row of a timeline: what it is, and a bar where and as long as it lasted. */
export interface Lane {
  readonly name: Content
  readonly note?: Content
  readonly startMs: number
  readonly durationMs: number
  /** Class of the bar: a direction or a trouble. Null draws none, as for what never ran. */
  readonly fill: 'up' | 'down' | 'bad' | 'unsure' | null
  /** Stands where the duration would. */
  readonly instead?: string
}

export interface Timeline {
  readonly caption: string
  readonly nameHeading: string
  readonly endMs: number
  readonly wide?: boolean
  readonly lanes: readonly Lane[]
}

/** Gives each item the place behind the one before. */
export function laidEndToEnd<Item extends { durationMs: number }>(
  items: readonly Item[],
  laneOf: (item: Item) => Omit<Lane, 'startMs' | 'durationMs'>,
): Lane[] {
  let startMs = 0
  return items.map((item) => {
    const lane = { ...laneOf(item), startMs, durationMs: item.durationMs }
    startMs += item.durationMs
    return lane
  })
}

const foldAfter = 60

/**
 * A table whose middle column is a chart: bars are SVG that stretches with the page, names and times are text
 * that a screen reader reads and a phone can wrap. What is beyond 60 rows is folded away under its own axis.
 */
export function timeline({ caption, nameHeading, endMs, wide = false, lanes }: Timeline): Markup {
  const axis = axisOf(endMs)
  const table = (
    shown: readonly Lane[],
  ) => markup`<table class="lanes${wide ? ' wide' : ''}" aria-label="${caption}">
<thead><tr><th class="name" scope="col">${nameHeading}</th><th class="track" scope="col">${axisSvg(axis)}</th><th class="took num" scope="col">took</th></tr></thead>
<tbody>${shown.map((lane) => row(lane, axis))}</tbody></table>`
  const rest = lanes.slice(foldAfter)
  return markup`${table(lanes.slice(0, foldAfter))}${
    rest.length > 0 && markup`<details><summary>${rest.length} more</summary>${table(rest)}</details>`
  }`
}

function row({ name, note, startMs, durationMs, fill, instead }: Lane, axis: Axis): Markup {
  const took = instead ?? duration(durationMs)
  return markup`<tr><th class="name" scope="row">${name}${note !== undefined && markup`<span class="what">${note}</span>`}</th><td class="track"><svg class="bar" aria-hidden="true">${grid(axis)}${
    fill !== null &&
    markup`<svg y="50%"><g transform="translate(0 -9)"><rect class="fill-${fill}" x="${percent(startMs, axis)}" width="${percent(durationMs, axis)}" height="18" rx="3"/><rect class="fill-${fill}" x="${percent(startMs, axis)}" width="2" height="18" rx="1"/></g></svg>`
  }</svg></td><td class="took num">${took}</td></tr>
`
}

function axisSvg(axis: Axis): Markup {
  return markup`<svg class="axis" role="img" aria-label="time from 0 to ${duration(axis.endMs)}">${axis.ticksMs.map(
    (tick, index) =>
      markup`<text x="${percent(tick, axis)}" y="70%" text-anchor="${anchor(index, tick, axis)}">${axis.label(tick)}</text>`,
  )}</svg>`
}

function anchor(index: number, tick: number, axis: Axis): string {
  if (index === 0) return 'start'
  return tick > axis.endMs * 0.96 ? 'end' : 'middle'
}

function grid(axis: Axis): Markup[] {
  return axis.ticksMs.map(
    (tick) =>
      markup`<line class="rule" x1="${percent(tick, axis)}" x2="${percent(tick, axis)}" y1="0" y2="100%"/>`,
  )
}

const percent = (ms: number, { endMs }: Axis): string => `${Number(((ms / endMs) * 100).toFixed(2))}%`
