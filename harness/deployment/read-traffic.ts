import { readFile } from 'node:fs/promises'
import { HarnessError, messageOf } from '../errors.ts'
import { shortPath } from '../short-path.ts'
import { busyBetween, parseSamples } from './samples.ts'
import type { DeploymentSettings } from './settings.ts'
import { averageWeek, tableWeek, type Busy, type WeeklyTraffic } from './traffic.ts'
import { parseTrafficCsv } from './traffic-csv.ts'

/**
 * The week as the settings tell it: a table, a CSV file, or samples that `rehearse sample-traffic` wrote; undefined when
 * they tell none. Throws HarnessError `traffic-not-read`.
 */
export async function readTraffic(
  { traffic, timeZone }: Pick<DeploymentSettings, 'traffic' | 'timeZone'>,
  cwd: string,
): Promise<WeeklyTraffic | undefined> {
  if (traffic === undefined) return undefined
  if (traffic.kind === 'table')
    return tableWeek(traffic.days, timeZone, 'the weekly table in the config file')
  const name = shortPath(cwd, traffic.path)
  try {
    const text = await readFile(traffic.path, 'utf8')
    const isSamples = text.trimStart().startsWith('{')
    const busy = isSamples ? busyBetween(parseSamples(text)) : parseTrafficCsv(text, timeZone)
    if (busy.length === 0) throw new Error('it tells of no stretch of time')
    return averageWeek(busy, timeZone, `${name}, ${span(busy)}`)
  } catch (cause) {
    throw new HarnessError('traffic-not-read', `The traffic in ${name} cannot be read: ${messageOf(cause)}`, {
      hint: 'Give a CSV file of time and count, or what `rehearse sample-traffic` wrote.',
      cause,
    })
  }
}

/** `2026-01-05 to 2026-01-26`. */
function span(busy: readonly Busy[]): string {
  const first = busy.reduce((least, { startMs }) => Math.min(least, startMs), Infinity)
  const last = busy.reduce((most, { endMs }) => Math.max(most, endMs), 0)
  const day = (at: number) => new Date(at).toISOString().slice(0, 10)
  return `${day(first)} to ${day(last)}`
}
