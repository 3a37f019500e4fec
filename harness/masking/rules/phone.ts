import type { ReadyRule } from './rule.ts'

/** The digits are enciphered among numbers of the same length; what they begin with (+44, 0), blanks and brackets stay. */
export const phone: ReadyRule = {
  description: 'other digits in the same places, after the same +44 or 0',
  keepsDistinct: true,
  permutes: true,
  expressions: {
    text: (value, most) => `pg_temp.masked_phone(${value}, ${most})`,
    'whole number': (value) => `pg_temp.masked_number((${value})::text)::numeric`,
  },
}
