import { count, duration } from '../text.ts'
import { axisHead, type Axis } from './axis.ts'
import { markup, type Content, type Markup } from './markup.ts'

/** What a bar is: a direction, a trouble, a lock of some strength. */
export type Fill = 'up' | 'down' | 'bad' | 'unsure' | 'lock-all' | 'lock-writes' | 'lock-some'

export interface Bar {
  readonly startMs: number
  readonly endMs: number
  readonly fill: Fill
}

/** One row of a chart: what it is, and bars where and as long as it lasted. */
export interface Lane {
  readonly name: Content
  readonly note?: Content
  /** None, as for what never ran. */
  readonly bars: readonly Bar[]
  /** Behind the bars, as wide as the axis. */
  readonly drawing?: Markup
  /** Under the last heading: how long, or why not. */
  readonly took: string
}

/** Lanes of one kind, under a heading of their own. */
export interface LaneGroup {
  readonly heading: string
  /** What the figures at the right are. */
  readonly took: string
  readonly lanes: readonly Lane[]
}

/** Rows of a group that are shown before the rest is folded, and in all. */
const [shownLanes, mostLanes] = [30, 100]

/**
 * Tables whose middle column is a chart on one axis: bars are SVG that stretches with the page, names and times are
 * text that a screen reader reads and a phone can wrap. What is beyond 30 rows of a group is folded away.
 */
export function chart(caption: string, axis: Axis, groups: readonly LaneGroup[]): Markup {
  return markup`${groups
    .filter(({ lanes }) => lanes.length > 0)
    .map((group, index) => {
      const { heading, lanes } = group
      const rest = lanes.slice(shownLanes, mostLanes)
      const left = lanes.length - shownLanes - rest.length
      return markup`${table(caption, axis, { ...group, lanes: lanes.slice(0, shownLanes) }, index === 0)}${
        rest.length > 0 &&
        markup`<details><summary>${count(rest.length, 'more row')} of ${heading}</summary>${table(caption, axis, { ...group, heading: `more ${heading}`, lanes: rest }, false)}${left > 0 && markup`<p class="small muted">${count(left, 'row')} left out; the JSON report has them all.</p>`}</details>`
      }`
    })}`
}

/** The swatches of fills, with what they stand for. */
export function legend(entries: readonly (readonly [Fill, string])[]): Markup {
  return markup`<ul class="legend">${entries.map(
    ([fill, text]) =>
      markup`<li><svg width="22" height="18" aria-hidden="true"><g transform="translate(0 9)"><rect class="fill-${fill}" x="1" width="20" ${box[fill]}/></g></svg>${text}</li>`,
  )}</ul>`
}

function table(caption: string, axis: Axis, { heading, took, lanes }: LaneGroup, first: boolean): Markup {
  const track = first ? axisHead(axis) : markup`<span class="hidden">on the axis above</span>`
  return markup`<table class="lanes" aria-label="${caption}: ${heading}"><thead><tr><th class="name" scope="col">${heading}</th><th class="track" scope="col">${track}</th><th class="took num" scope="col">${took}</th></tr></thead><tbody>${lanes.map((lane) => row(lane, axis))}</tbody></table>`
}

function row({ name, note, bars, drawing, took }: Lane, axis: Axis): Markup {
  return markup`<tr><th class="name" scope="row">${name}${note !== undefined && markup`<span class="what">${note}</span>`}</th><td class="track"><svg class="bar" role="img" aria-label="${spoken(bars, axis)}"><use href="#${axis.id}"/>${drawing}${
    bars.length > 0 && markup`<svg y="50%">${bars.map((bar) => barOf(bar, axis))}</svg>`
  }</svg></td><td class="took num">${took}</td></tr>
`
}

function barOf({ startMs, endMs, fill }: Bar, axis: Axis): Markup {
  const [start, end] = [axis.at(startMs), axis.at(endMs)]
  // A bar of no width at all would not be drawn.
  const width = Math.max(0.05, Math.round((end - start) * 100) / 100)
  return markup`<rect class="fill-${fill}" x="${start}%" width="${width}%" ${box[fill]}/>`
}

/** Locks differ by height too, so that nothing is told by colour alone. */
const [high, middle, low] = ['y="-9" height="18" rx="3"', 'y="-6" height="12"', 'y="-2" height="4"'].map(
  (html) => ({ html }),
)
const box: Record<Fill, Markup | undefined> = {
  up: high,
  down: high,
  bad: high,
  unsure: high,
  'lock-all': high,
  'lock-writes': middle,
  'lock-some': low,
}

function spoken(bars: readonly Bar[], axis: Axis): string {
  if (bars.length === 0) return 'no bar'
  const from = (ms: number) => duration(Math.max(0, ms - axis.startMs))
  const shown = bars.slice(0, 3).map(({ startMs, endMs }) => `${from(startMs)} to ${from(endMs)}`)
  return bars.length > 3 ? `${shown.join(', ')} and ${bars.length - 3} more` : shown.join(', ')
}
