import { median } from '../median.ts'
import type { Busy } from './traffic.ts'
import { instantOf } from './zone.ts'

/**
 * Rows of time and count, with a heading or not: ISO 8601 with an offset or `Z`, else as clocks in `timeZone` show it. A
 * count is of what was done from its time to the next row's. Throws an Error with the number of a line that is not so.
 */
export function parseTrafficCsv(text: string, timeZone: string): Busy[] {
  const rows = text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return []
    const [time = '', count = ''] = line.split(/[,;\t]/).map((cell) => cell.trim().replaceAll(/^"|"$/g, ''))
    const at = timeOf(time, timeZone)
    const number = count === '' ? Number.NaN : Number(count)
    if (Number.isFinite(at) && number >= 0) return [{ at, count: number }]
    if (index === 0) return []
    throw new Error(`line ${index + 1} is not a time and a count: ${line.slice(0, 80)}`)
  })
  const inOrder = rows.toSorted((a, b) => a.at - b.at)
  const gaps = inOrder.slice(1).map(({ at }, index) => at - (inOrder[index]?.at ?? at))
  const usual = median(gaps.filter((gap) => gap > 0))
  if (Number.isNaN(usual)) throw new Error('two rows of different times are needed at least')
  return inOrder.map(({ at, count }, index) => {
    const gap = gaps[index] ?? usual
    // A row that is missing says nothing about its time.
    return { startMs: at, endMs: at + (gap > 0 && gap <= usual * 1.5 ? gap : usual), count }
  })
}

function timeOf(text: string, timeZone: string): number {
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text)) return Number.NaN
  return /(?:Z|[+-]\d\d(?::?\d\d)?)$/i.test(text.slice(16))
    ? Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
    : instantOf(text, timeZone)
}
