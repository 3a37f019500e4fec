import { escapeIdentifier } from 'pg'
import type { Assignment } from './assign.ts'
import { readyRule } from './rules/index.ts'

/** More characters than any value has. */
const unlimited = 1_000_000_000

/** The SQL expression over the columns of its table that gives the column's masked value. */
export function expressionOf({ column, rule }: Pick<Assignment, 'column' | 'rule'>): string {
  const own = escapeIdentifier(column.name)
  if (rule === 'null') return 'null'
  if (typeof rule !== 'string') return rule.sql
  const make = column.family === null ? undefined : readyRule(rule)?.expressions[column.family]
  if (make === undefined) return own
  const most = column.length ?? unlimited
  const masked = (value: string) => make(plainValue(column, value), most)
  if (!column.array) return masked(own)
  return `case when ${own} is not null then (select coalesce(array_agg(${masked('item')} order by at), '{}') from unnest(${own}) with ordinality as e(item, at)) end`
}

/** What compares without case must be masked without it. */
function plainValue({ family, citext }: Assignment['column'], value: string): string {
  if (family !== 'text') return value
  return citext ? `pg_catalog.lower((${value})::text)` : `(${value})::text`
}
