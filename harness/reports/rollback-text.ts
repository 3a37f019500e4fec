import type { Rehearsal, StaircaseStep } from '../rehearsal.ts'
import { bytes, count, duration } from './text.ts'

/** The staircase as a table: migration, verdict, and the times up, down and up again. */
export function staircaseRows({ staircase = [] }: Rehearsal): readonly (readonly string[])[] {
  return staircase.map(({ migration, verdict, upMs, downMs, upAgainMs }) => [
    migration,
    verdictTexts[verdict],
    ...[upMs, downMs, upAgainMs].map((ms) => (ms === null ? '' : duration(ms))),
  ])
}

/** The heads of its columns. */
export const staircaseHead = ['migration', 'down', 'time up', 'time down', 'time up again'] as const

const verdictTexts: Record<StaircaseStep['verdict'], string> = {
  faithful: 'brings everything back',
  unfaithful: 'does not bring everything back',
  failed: 'fails',
  'missing-down': 'is missing',
  'not-reached': 'was not reached',
}

/** What else is known about ways back, a sentence each. */
export function waysBack({ newWrites, recovery }: Rehearsal): string[] {
  return [
    ...(newWrites === undefined ? [] : [writesText(newWrites)]),
    ...(recovery === undefined ? [] : [recoveryText(recovery)]),
  ]
}

function writesText({ tables }: NonNullable<Rehearsal['newWrites']>): string {
  const left = tables.filter(({ rowsLeft }) => rowsLeft === null).map(({ name }) => name)
  const gone = left.length === 0 ? '' : `; gone with the new schema: ${left.join(', ')}`
  return `new writes went to ${count(tables.length, 'table')} before the rollback${gone}`
}

function recoveryText({ restoreMs, backupBytes, backupAgeMs }: NonNullable<Rehearsal['recovery']>): string {
  const lost =
    backupAgeMs === null
      ? 'what was written since the backup would be lost'
      : `what was written in the ${age(backupAgeMs)} since the backup would be lost`
  return `restoring the backup instead (${bytes(backupBytes)}) took ${duration(restoreMs)} here, and ${lost}`
}

function age(ms: number): string {
  const hours = ms / 3_600_000
  if (hours < 1) return count(Math.ceil(hours * 60), 'minute')
  return hours < 48 ? count(Math.round(hours), 'hour') : count(Math.round(hours / 24), 'day')
}
