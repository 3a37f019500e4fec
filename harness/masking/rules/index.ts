import { address } from './address.ts'
import { dateOfBirth } from './date-of-birth.ts'
import { email } from './email.ts'
import { freeText } from './free-text.ts'
import { ip } from './ip.ts'
import { name } from './name.ts'
import { phone } from './phone.ts'
import type { ReadyRule } from './rule.ts'
import { token } from './token.ts'

/** Every ready rule that changes a value, by the name a config gives it. Add one by registering it here. */
export const readyRules = {
  email,
  name,
  phone,
  token,
  'free-text': freeText,
  address,
  ip,
  'date-of-birth': dateOfBirth,
} satisfies Record<string, ReadyRule>

/** These need no expression: `null` empties a column, `keep` says that it may stay as it is. */
export const plainRules = ['null', 'keep'] as const

export type RuleName = keyof typeof readyRules | (typeof plainRules)[number]

/** What a config can say about a column: a rule's name, or an SQL expression over the columns of its table. */
export type Rule = RuleName | { readonly sql: string }

export const ruleNames: readonly RuleName[] = [
  ...(Object.keys(readyRules) as (keyof typeof readyRules)[]),
  ...plainRules,
]

/** The ready rule of that name; undefined for `null`, `keep` and SQL. */
export function readyRule(rule: Rule): ReadyRule | undefined {
  return typeof rule === 'string' && rule in readyRules
    ? readyRules[rule as keyof typeof readyRules]
    : undefined
}

/** How a rule is called in front of people. */
export function ruleTitle(rule: Rule): string {
  return typeof rule === 'string' ? rule : 'sql'
}
