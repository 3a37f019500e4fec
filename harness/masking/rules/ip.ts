import type { ReadyRule } from './rule.ts'

/** Private IPv4 addresses, and IPv6 ones of the range for documentation. */
export const ip: ReadyRule = {
  description: 'an address in 10.0.0.0/8 or, of IPv6, in 2001:db8::/32',
  keepsDistinct: false,
  expressions: {
    text: (value, most) => `left(pg_temp.masked_ip(${value}), ${most})`,
    network: (value) => `pg_temp.masked_network(${value})`,
  },
}
