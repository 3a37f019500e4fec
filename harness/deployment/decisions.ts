import type { Deployment } from './deployment.ts'
import { atMost, cancelAfter, clock, interval } from './words.ts'

/** When somebody has to decide whether to go back, on what, and what going back takes. */
export interface Decision {
  readonly when: string
  readonly sign: string
  readonly action: string
  readonly takes: string
}

/** From before the beginning to the last resort. Pure. */
export function decisionsOf({ expected, settings, windows }: Deployment): Decision[] {
  const { margin, timeZone } = settings
  const end = windows[0]?.endMs
  const downMs = expected.down && expected.down.high * margin
  const latest =
    end === undefined || downMs === null
      ? 'in time before the window ends'
      : `${clock(end - downMs, timeZone)} at the latest`
  return [
    {
      when: 'before it begins',
      sign: 'a go/no-go criterion is not met',
      action: 'Do not begin; take another window.',
      takes: 'nothing, nothing was changed',
    },
    {
      when: `${cancelAfter(expected.up, margin)} after migrating began`,
      sign: 'migrating has not ended',
      action:
        'Cancel it (end its session). Where all migrations run in one transaction, as Kysely does by default, that undoes them all; check the migration table.',
      takes: 'not measured; as a rule less than it ran',
    },
    {
      when: latest,
      sign: 'verifying fails, or clients see errors',
      action: 'Roll back: take the migrations down, newest first, and deploy the old release.',
      takes: `${interval(expected.down)} measured; ${atMost(expected.down, margin)} with the margin`,
    },
    {
      when: 'when rolling back fails, or data is wrong',
      sign: 'the migrations cannot be taken down, or data was lost',
      action:
        'Restore the backup. Clients are without the database meanwhile, and what they wrote since the backup is lost: the project lead decides.',
      takes: `${interval(expected.restore)} measured on the rehearsal’s machine, plus fetching the backup and switching over, which were not measured`,
    },
  ]
}
