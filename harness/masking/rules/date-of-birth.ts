import type { ReadyRule } from './rule.ts'

/** The age stays, roughly, for what depends on it. */
export const dateOfBirth: ReadyRule = {
  description: 'another day of the same year',
  keepsDistinct: false,
  expressions: {
    date: (value) => `pg_temp.masked_day((${value})::timestamp)::date`,
    timestamp: (value) => `pg_temp.masked_day((${value})::timestamp)`,
  },
}
