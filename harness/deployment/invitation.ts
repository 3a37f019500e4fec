import { count } from '../reports/text.ts'
import type { Deployment } from './deployment.ts'
import { renderIcs } from './ics.ts'
import { atMost, interval, moment } from './words.ts'

/** The .ics file for the proposed window; undefined when there is none. */
export function invitationOf(deployment: Deployment): string | undefined {
  const { record, windows, settings, expected, draft, writtenMs } = deployment
  const window = windows[0]
  if (window === undefined) return undefined
  const migrations = record.pending ?? []
  const title = `${draft ? 'DRAFT: ' : ''}Database deployment: ${record.project}, ${count(migrations.length, 'migration')}`
  return renderIcs({
    uid: `deployment-${record.id}@pg-rehearsal`,
    startMs: window.startMs,
    endMs: window.endMs,
    writtenMs,
    title,
    description: [
      `${moment(window.startMs, settings.timeZone)} (${settings.timeZone}); to be approved by the project lead.`,
      `Migrating: ${interval(expected.up)}, at most ${atMost(expected.up, settings.margin)}. Clients wait: ${interval(expected.stall)}.`,
      `Going back: ${interval(expected.down)}.`,
      '',
      ...migrations,
    ].join('\n'),
  })
}
