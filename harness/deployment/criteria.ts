import { bytes, duration } from '../reports/text.ts'
import type { Deployment } from './deployment.ts'

/** What has to be true before anybody begins, a sentence each. Pure. */
export function criteriaOf({ record, expected, windows, draft, settings }: Deployment): string[] {
  const window = windows[0]
  const { growthBytes } = record
  return [
    draft
      ? `**Not met:** a rehearsal passes. The last one did not: ${record.verdict}.`
      : `Met: the rehearsal of ${record.startedAt} passed.`,
    `No migration was added or changed since; these ${record.pending?.length ?? 0} are what is about to run.`,
    'A rehearsal on a backup of the day before still passes.',
    'The project lead has approved the window.',
    'A fresh backup was taken just before, is complete, and operations know where it is.',
    ...(growthBytes !== null && growthBytes > 0
      ? [`Production has disk for ${bytes(growthBytes * settings.margin)} more, and replicas too.`]
      : []),
    'Replicas keep up, no long transaction is open, and nobody else is deploying.',
    ...(window === undefined || Number.isNaN(window.expected)
      ? []
      : [
          `Traffic in the quarter of an hour before is not above twice what is usual then (${Math.ceil((window.expected * 2) / ((window.endMs - window.startMs) / 900_000)).toLocaleString('en-GB')}).`,
        ]),
    'Those named below are there, for the whole window and as long again.',
    ...(expected.down === null
      ? ['How to go back without `down` is agreed, as taking down was not measured.']
      : [
          `Everybody knows the way back, which takes ${duration(expected.down.high * settings.margin)} at most.`,
        ]),
  ]
}
