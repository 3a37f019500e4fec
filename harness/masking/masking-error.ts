import { DatabaseError, escapeIdentifier, type Client } from 'pg'
import { HarnessError, messageOf } from '../errors.ts'
import { renderCaret } from '../reports/caret.ts'
import { titleOf, type Assignment } from './assign.ts'
import { expressionOf } from './expression.ts'
import type { TableMasking } from './mask-table.ts'
import { ruleTitle } from './rules/index.ts'

/**
 * The error to show when masking a table failed: which column and rule it was, found by trying each alone, what the
 * server said and where in the expression. Never the server's detail, which quotes the row.
 */
export async function maskingError(
  client: Client,
  table: TableMasking,
  error: unknown,
): Promise<HarnessError> {
  if (!(error instanceof DatabaseError)) return failed(table.name, messageOf(error), error)
  const culprit = await culpritOf(client, table, error)
  if (culprit === undefined) {
    const rules = table.assignments.map(({ column, rule }) => `${column.name} (${ruleTitle(rule)})`)
    return failed(`${table.name}, one of ${rules.join(', ')}`, error.message, error)
  }
  const { column, rule } = culprit.assignment
  const text = expressionOf(culprit.assignment)
  const { position } = culprit
  const shown =
    typeof rule === 'string'
      ? ''
      : `\n${renderCaret({ text, ...(position === undefined ? {} : { position }) })}`
  return failed(`${titleOf(column)} (${ruleTitle(rule)})`, `${culprit.message}${shown}`, error)
}

interface Culprit {
  readonly assignment: Assignment
  readonly message: string
  /** In the expression. */
  readonly position?: number
}

async function culpritOf(
  client: Client,
  { name, oid, assignments }: TableMasking,
  error: DatabaseError,
): Promise<Culprit | undefined> {
  const named = assignments.find(({ column }) => column.name === error.column)
  if (named !== undefined) return { assignment: named, message: error.message }
  for (const assignment of assignments) {
    const before = `update ${name} set ${escapeIdentifier(assignment.column.name)} = (`
    const expression = expressionOf(assignment)
    const analysis = await failureOf(client, `explain ${before}${expression}\n)`)
    const position = Number(analysis?.position ?? 0) - `explain ${before}`.length
    const within = position > 0 && position <= expression.length + 1
    if (analysis !== undefined)
      return { assignment, message: analysis.message, ...(within ? { position } : {}) }
  }
  for (const assignment of assignments) {
    const counting = await failureOf(client, `select count((${expressionOf(assignment)}\n)) from ${name}`)
    if (counting !== undefined) return { assignment, message: counting.message }
  }
  const concerned = await constrained(client, oid, error)
  const suspects = assignments.filter(({ column }) => concerned?.includes(column.name) ?? true)
  const [single] = suspects
  return suspects.length === 1 && single !== undefined
    ? { assignment: single, message: error.message }
    : undefined
}

/** The columns of the constraint or index that was violated; undefined when it was none. */
async function constrained(client: Client, oid: string, error: DatabaseError): Promise<string[] | undefined> {
  if (error.constraint === undefined) return undefined
  const { rows } = await client.query<{ name: string }>(
    `select a.attname as name from pg_catalog.pg_attribute a where a.attrelid = $1 and a.attnum > 0 and (
       exists (select from pg_catalog.pg_constraint k where k.conrelid = $1 and k.conname = $2 and a.attnum = any (k.conkey))
       or exists (select from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
                   where i.indrelid = $1 and c.relname = $2 and a.attnum = any (i.indkey::int2[])))`,
    [oid, error.constraint],
  )
  return rows.length === 0 ? undefined : rows.map(({ name }) => name)
}

async function failureOf(client: Client, sql: string): Promise<DatabaseError | undefined> {
  return await client.query(sql).then(
    () => undefined,
    (error: unknown) => (error instanceof DatabaseError ? error : undefined),
  )
}

function failed(where: string, message: string, cause: unknown): HarnessError {
  return new HarnessError('masking-failed', `Masking ${where} failed: ${message}`, {
    hint: 'Change the rule of that column in `masking.rules`; nothing was rehearsed on unmasked data.',
    cause,
  })
}
