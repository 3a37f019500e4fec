import type { ReadyRule } from './rule.ts'

/** For tokens, keys, password hashes: they open nothing afterwards. */
export const token: ReadyRule = {
  description: 'hexadecimal digits, as many as there were characters (at least 32 where the type has room)',
  keepsDistinct: true,
  expressions: {
    text: (value, most) => `pg_temp.masked_token(${value}, ${most})`,
    uuid: (value) => `pg_temp.masked_uuid((${value})::text)`,
    bytes: (value) => `pg_temp.masked_bytes(${value})`,
  },
}
