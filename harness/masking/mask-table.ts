import { escapeIdentifier, type Client } from 'pg'
import type { Assignment } from './assign.ts'
import { expressionOf } from './expression.ts'
import { maskingError } from './masking-error.ts'
import { readyRule } from './rules/index.ts'

/** A table and the columns of it that change; never a partition. */
export interface TableMasking {
  /** Qualified and quoted as needed. */
  readonly name: string
  readonly oid: string
  readonly kind: 'table' | 'partitioned table'
  readonly assignments: readonly Assignment[]
}

/**
 * Masks all columns of one table in one statement; returns how many rows it changed. The session must have been
 * prepared (`prepareMasking`). Throws HarnessError `masking-failed` that names the column and its rule.
 */
export async function maskTable(client: Client, table: TableMasking): Promise<number> {
  const collides = table.assignments.some(
    ({ column, rule }) => column.unique && (readyRule(rule)?.permutes === true || typeof rule !== 'string'),
  )
  try {
    const sql = collides ? await replacement(client, table) : update(table)
    return (await client.query(sql)).rowCount ?? 0
  } catch (error) {
    throw await maskingError(client, table, error)
  }
}

/** Without those that inherit from it, which have assignments of their own. */
export function target({ kind, name }: TableMasking): string {
  return kind === 'table' ? `only ${name}` : name
}

function update(table: TableMasking): string {
  const changes = table.assignments.map(
    ({ column, ...given }) => `${escapeIdentifier(column.name)} = (${expressionOf({ column, ...given })}\n)`,
  )
  return `update ${target(table)} set ${changes.join(', ')}${condition(table)}`
}

/** Ready rules leave null alone; an expression may not. */
function condition({ assignments }: TableMasking): string {
  if (assignments.some(({ rule }) => typeof rule !== 'string')) return ''
  const there = assignments.map(({ column }) => `${escapeIdentifier(column.name)} is not null`)
  return ` where ${there.join(' or ')}`
}

/**
 * Uniqueness is checked row by row, and a masked value may be another row's old one: so the rows are taken out, all
 * of them (sorting waits for the last), before the first goes in again.
 */
async function replacement(client: Client, table: TableMasking): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_catalog.pg_attribute
      where attrelid = $1 and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [table.oid],
  )
  const byName = new Map(table.assignments.map((assignment) => [assignment.column.name, assignment]))
  const names = rows.map(({ name }) => escapeIdentifier(name)).join(', ')
  const values = rows.map(({ name }) => {
    const assignment = byName.get(name)
    const own = escapeIdentifier(name)
    return assignment === undefined
      ? own
      : `(${expressionOf(assignment)}\n)::${assignment.column.type} as ${own}`
  })
  return `with gone as (delete from ${target(table)} returning *)
    insert into ${table.name} (${names}) overriding system value
    select ${names} from (select ${values.join(', ')}, pg_catalog.random() as pg_rehearsal_order from gone offset 0) masked order by pg_rehearsal_order`
}
