import { line } from '../reports/markdown-text.ts'
import { duration } from '../reports/text.ts'
import type { Deployment } from './deployment.ts'
import type { Window } from './window.ts'
import { clock, moment } from './words.ts'

/** The window, why it is that one, and the next best. */
export function windowLines(deployment: Deployment): string[] {
  const { windows, settings, startGiven, lengthMs } = deployment
  const [window, ...others] = windows
  if (window === undefined) {
    return ['## Window', `**Not chosen.** It has to be ${duration(lengthMs)} long. ${whyNone(deployment)}`]
  }
  const { timeZone } = settings
  return [
    '## Window',
    `**${span(window, timeZone)}** (${timeZone}; ${utc(window.startMs)} to ${utc(window.endMs)} UTC), ${startGiven ? 'as asked for' : 'proposed'}; the project lead approves it.`,
    reason(deployment, window),
    ...(startGiven || others.length === 0
      ? []
      : [`Next best: ${others.map((it) => `${span(it, timeZone)} (${share(it)})`).join('; ')}.`]),
  ]
}

function whyNone({ traffic, settings }: Deployment): string {
  return traffic === undefined
    ? 'No traffic is known: give a CSV file of time and count, collect samples with `rehearse sample-traffic`, or put a weekly table into the config file; or name a start (--start).'
    : `Traffic is known from ${line(traffic.source)}, yet in the next two weeks no stretch of that length is fully measured and allowed (days, hours, not near a change of the clocks in ${settings.timeZone}).`
}

function reason({ traffic, startGiven, lengthMs }: Deployment, window: Window): string {
  if (traffic === undefined || Number.isNaN(window.expected)) {
    return 'What clients do then is not known, so how quiet it is is not either.'
  }
  const usual = `about ${Math.round(window.expected).toLocaleString('en-GB')} are expected, ${share(window)}, according to ${line(traffic.source)}`
  const chosen = startGiven
    ? ''
    : `It is the quietest stretch of ${duration(lengthMs)} in the two weeks looked at: `
  const text = `${chosen}${usual}.`
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const share = ({ share }: Window): string => `${Math.round(share * 100)} % of an average stretch as long`

const span = ({ startMs, endMs }: Window, timeZone: string): string =>
  `${moment(startMs, timeZone)} to ${clock(endMs, timeZone)}`

const utc = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
