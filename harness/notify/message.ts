import type { Rehearsal, Verdict } from '../rehearsal.ts'
import { bySeverity, count, verdictTitles } from '../reports/text.ts'

/** What is said about a rehearsal in a team's chat: no statement, no data, no address of a server. */
export interface Message {
  readonly title: string
  readonly summary: string
  /** The worst findings, a line each. */
  readonly lines: readonly string[]
  readonly verdict: Verdict
  /** Where the report can be read. */
  readonly link: string | undefined
}

const shown = 5

/** The message about a rehearsal; `previous` is the verdict of the one before it, where there was one. */
export function messageOf(
  rehearsal: Rehearsal,
  previous: Verdict | undefined,
  link: string | undefined,
): Message {
  const { verdict, summary, backup } = rehearsal
  const telling = bySeverity(rehearsal.findings).filter(
    ({ severity }) => severity === 'error' || severity === 'unverified',
  )
  const changed =
    previous === undefined || previous === verdict
      ? ''
      : ` (before: ${verdictTitles[previous].toLowerCase()})`
  const more = telling.length > shown ? [`and ${count(telling.length - shown, 'more finding')}`] : []
  return {
    title: `Migration rehearsal: ${verdictTitles[verdict].toLowerCase()}${changed}`,
    summary:
      backup === null ? summary : `${summary} Backup of ${backup.madeAt.slice(0, 16).replace('T', ' ')} UTC.`,
    lines: [...telling.slice(0, shown).map(({ id, subject }) => `${id}: ${subject}`), ...more],
    verdict,
    link,
  }
}

/** When the chat is told. */
export const tellingMoments = ['change', 'failure', 'always'] as const

export type TellingMoment = (typeof tellingMoments)[number]

/** Whether there is something to say. `change`: the verdict is another one than before, or none that passed. */
export function isTold(on: TellingMoment, verdict: Verdict, previous: Verdict | undefined): boolean {
  if (on === 'always') return true
  return verdict !== 'passed' || (on === 'change' && previous !== undefined && previous !== verdict)
}
