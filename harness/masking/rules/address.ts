import type { ReadyRule } from './rule.ts'

/** `57 Lusababagutihotugado Street`. */
export const address: ReadyRule = {
  description: 'a number and a made-up street',
  keepsDistinct: true,
  expressions: { text: (value, most) => `pg_temp.masked_address(${value}, ${most})` },
}
