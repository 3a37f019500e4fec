import type { QuestionName } from './rehearsal.ts'

/** What each question finds out, in a few words. */
export const questionTexts: Record<QuestionName, string> = {
  locks: 'what each statement locks, rewrites and reads',
  probes: 'how long clients of the tables would wait; asks `locks` too',
  staircase: 'each migration up, down and up again',
  'new-writes': 'what a rollback makes of new rows',
  'old-release': 'the previous release on the new schema',
  'two-migrators': 'two at once',
  crashes: 'what is left when the migrator dies half-way',
}

/** All of them for a help text: `` `locks` (…), `probes` (…) ``. */
export function questionList(): string {
  return Object.entries(questionTexts)
    .map(([name, text]) => `\`${name}\` (${text})`)
    .join(', ')
}
