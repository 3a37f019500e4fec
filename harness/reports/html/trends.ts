import type { Rehearsal, TrendSeries } from '../../rehearsal.ts'
import { bytes, count, duration } from '../text.ts'
import { markup, type Markup } from './markup.ts'
import { section } from './section.ts'

/** Series shown before the rest is folded away. */
const shownSeries = 25
const [width, height] = [240, 32]

/** How the figures went over the recorded rehearsals, a line each; nothing where none was recorded before. */
export function trendsSection({ trends }: Pick<Rehearsal, 'trends'>): Markup | false {
  if (trends === null || trends.series.length === 0) return false
  const table = (
    series: readonly TrendSeries[],
  ) => markup`<table class="trends"><thead><tr><th scope="col">figure</th><th scope="col">from 0, oldest first</th><th class="num" scope="col">lowest</th><th class="num" scope="col">highest</th><th class="num" scope="col">now</th></tr></thead>
<tbody>${series.map(row)}</tbody></table>`
  const rest = trends.series.slice(shownSeries)
  const passed = trends.verdicts.filter((verdict) => verdict === 'passed').length
  const since = trends.startedAt[0]?.slice(0, 10) ?? ''
  return section(
    'trends',
    'Trends',
    `The last ${count(trends.startedAt.length, 'rehearsal')} on this engine, since ${since}: ${passed} passed.`,
    markup`<div class="card flush">${table(trends.series.slice(0, shownSeries))}${
      rest.length > 0 && markup`<details><summary>${rest.length} more</summary>${table(rest)}</details>`
    }</div>`,
  )
}

function row(series: TrendSeries): Markup {
  const { name, values } = series
  const known = values.filter((value) => value !== null)
  const amounts = [Math.min(...known), Math.max(...known), values.at(-1) ?? null]
  return markup`<tr><th scope="row">${name}</th><td>${chart(values)}</td>${amounts.map(
    (value) => markup`<td class="num">${amount(series, value)}</td>`,
  )}</tr>
`
}

function amount({ unit }: TrendSeries, value: number | null): string {
  if (value === null) return 'unknown'
  if (unit === 'ms') return duration(value)
  return value < 0 ? `-${bytes(-value)}` : bytes(value)
}

/** Decoration: lowest, highest and last stand beside it. A gap is left where nothing was measured. */
function chart(values: readonly (number | null)[]): Markup {
  const known = values.filter((value) => value !== null)
  const [lowest, highest] = [Math.min(0, ...known), Math.max(0, ...known)]
  const range = highest - lowest || 1
  const x = (index: number) => round((index / Math.max(1, values.length - 1)) * (width - 8) + 4)
  const y = (value: number) => round(height - 4 - ((value - lowest) / range) * (height - 8))
  const path = values
    .map((value, index) => {
      if (value === null) return ''
      const begins = (values[index - 1] ?? null) === null
      return `${begins ? 'M' : 'L'}${x(index)} ${y(value)}`
    })
    .join('')
  const last = values.at(-1) ?? null
  return markup`<svg class="spark" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true"><line class="rule" x1="0" x2="${width}" y1="${y(0)}" y2="${y(0)}"/><path d="${path}"/>${
    last !== null && markup`<circle cx="${x(values.length - 1)}" cy="${y(last)}" r="3"/>`
  }</svg>`
}

const round = (value: number): number => Math.round(value * 10) / 10
