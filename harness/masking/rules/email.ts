import type { ReadyRule } from './rule.ts'

/** `bjkmcnapoegihjlmacdk@example.com`: nobody receives it; upper and lower case differ as they did. */
export const email: ReadyRule = {
  description: 'an address at example.com, where nobody receives mail',
  keepsDistinct: true,
  atLeast: 18,
  expressions: { text: (value, most) => `pg_temp.masked_email(${value}, ${most})` },
}
