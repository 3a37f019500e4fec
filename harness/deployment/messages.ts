import { count, duration } from '../reports/text.ts'
import type { Deployment } from './deployment.ts'
import { clock, interval, moment } from './words.ts'

export interface Message {
  readonly title: string
  readonly text: string
}

/** What stakeholders are told before, at the beginning, afterwards, and when it was taken back. Plain text. */
export function messagesOf(deployment: Deployment): Message[] {
  const { record, settings, windows, expected } = deployment
  const { timeZone, margin } = settings
  const window = windows[0]
  const when =
    window === undefined
      ? '(window not chosen yet)'
      : `on ${moment(window.startMs, timeZone)}, until ${clock(window.endMs, timeZone)}`
  const what = count(record.pending?.length ?? 0, 'database migration')
  const felt = feltBy(deployment)
  const rollback =
    expected.down === null
      ? 'How long going back would take is not known.'
      : `If we have to go back, that takes about ${interval(expected.down)} (at most ${duration(expected.down.high * margin)}).`
  return [
    {
      title: 'Before (when the window is approved, and again the day before)',
      text: `We will apply ${what} to ${record.project} ${when}. ${felt} It was rehearsed on a copy restored from a production backup. ${rollback} We will write again when it begins and when it is done.`,
    },
    { title: 'At the beginning', text: `We are applying ${what} to ${record.project} now. ${felt}` },
    {
      title: 'After success',
      text: `The database of ${record.project} is migrated and verified. Nothing more is expected; please report anything unusual at once.`,
    },
    {
      title: 'After going back',
      text: `We took the migration of ${record.project} back and verified the old state. Reason: (say it in one sentence). No new window is set; we will write before the next attempt.`,
    },
  ]
}

function feltBy({ expected, settings }: Deployment): string {
  const { stall } = expected
  if (stall === null) return 'How long requests may have to wait was not measured.'
  if (stall.high < 100) return 'Nobody should notice it.'
  return `Requests may wait for about ${interval(stall)}, in the worst case for ${duration(stall.high * settings.margin)}.`
}
