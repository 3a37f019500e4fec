import type { ReadyRule } from './rule.ts'

/** `Lusababa Gutihotugado`, or one word where there was one. */
export const name: ReadyRule = {
  description: 'a made-up, pronounceable name of as many words (one or two)',
  keepsDistinct: true,
  expressions: { text: (value, most) => `pg_temp.masked_name(${value}, ${most})` },
}
