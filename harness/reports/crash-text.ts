import type { CrashFacts, Rehearsal } from '../rehearsal.ts'
import { brief } from './fitting.ts'
import { count } from './text.ts'

/** What happened to the migrator, in the words of a heading. */
export const faultTitles: Record<CrashFacts['fault'], string> = {
  'connection-cut': 'connection lost before the statement',
  'reply-lost': 'connection lost before the answer',
  error: 'error inside the transaction',
  timeout: 'statement timeout',
  'server-killed': 'server killed',
}

/** How bad a death was: 3 cannot be run again, or ends elsewhere; 2 cannot be rolled back; 1 leaves a part; 0 nothing of it. */
export function harmOf({ left, again, rollback }: CrashFacts): 0 | 1 | 2 | 3 {
  if (again === 'failed' || again === 'differs') return 3
  if (rollback === 'failed' || rollback === 'differs') return 2
  return left === 'part' ? 1 : 0
}

/** Deaths of `harmOf` 2 and more cannot be recovered from by running the migrations again. */
export const isBad = (crash: CrashFacts): boolean => harmOf(crash) >= 2

/** One sentence about all of them, without its full stop; undefined when none was tried. */
export function crashSummary({ crashes }: Pick<Rehearsal, 'crashes'>): string | undefined {
  if (crashes.length === 0) return undefined
  const lefts = Object.entries(leftTexts).flatMap(([left, words]) => {
    const number = crashes.filter((crash) => crash.left === left).length
    return number === 0 ? [] : [`${words} ${count(number, 'time')}`]
  })
  const bad = crashes.filter(isBad).length
  const verdict =
    bad === 0
      ? 'each can be recovered from by running the migrations again'
      : `${bad} cannot be recovered from by running the migrations again`
  return `${count(crashes.length, 'death')} tried: ${verdict}; of the migrations there was ${lefts.join(', ')}`
}

/** `a part left; running again fails; rollback not tried`: what came of one death. */
export function outcomeText({ left, again, rollback }: CrashFacts): string {
  const parts = [
    left === 'everything' ? 'everything applied' : `${leftTexts[left]} left`,
    againTexts[again],
    rollbackTexts[rollback],
  ]
  return parts.join('; ')
}

/** A line for each death that cannot be recovered from, worst first. */
export function badCrashLines({ crashes }: Pick<Rehearsal, 'crashes'>): string[] {
  return worstFirst(crashes.filter(isBad)).map((crash) => {
    const { migration, fault, text } = crash
    return `${migration ?? 'the migrator'}: ${faultTitles[fault]} at ${oneLine(text, 60)}: ${outcomeText(crash)}`
  })
}

/** Worst first, otherwise in the order of statements. */
export function worstFirst(crashes: readonly CrashFacts[]): CrashFacts[] {
  return crashes.toSorted((one, other) => harmOf(other) - harmOf(one))
}

/** SQL on one line, its beginning. */
export function oneLine(sql: string, maxLength: number): string {
  return brief(sql.trim().replaceAll(/\s+/g, ' '), maxLength)
}

const leftTexts: Record<CrashFacts['left'], string> = {
  nothing: 'nothing',
  everything: 'everything',
  part: 'a part',
}

const againTexts: Record<CrashFacts['again'], string> = {
  'as-rehearsed': 'runs again',
  succeeded: 'runs again',
  failed: 'running again fails',
  differs: 'running again ends elsewhere',
}

const rollbackTexts: Record<CrashFacts['rollback'], string> = {
  'as-rehearsed': 'rolls back',
  succeeded: 'rolls back',
  failed: 'rollback fails',
  differs: 'rollback ends elsewhere',
  'not-tried': 'rollback not tried',
}
