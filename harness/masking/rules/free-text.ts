import type { ReadyRule } from './rule.ts'

/** Prose that says nothing; of JSON every string, its keys, numbers and shape stay. */
export const freeText: ReadyRule = {
  description: 'filler text of the same length; in JSON every string, while keys, numbers and shape stay',
  keepsDistinct: true,
  expressions: {
    text: (value, most) => `pg_temp.masked_text(${value}, ${most})`,
    json: (value) => `pg_temp.masked_json((${value})::jsonb)`,
  },
}
