import { HarnessError } from '../errors.ts'
import type { Column } from './columns.ts'
import type { Rule } from './rules/index.ts'

/** The column that each rule of the config names; a problem for every one that names none, or several. */
export function matchRules(
  rules: Readonly<Record<string, Rule>>,
  columns: readonly Column[],
): { matched: { column: Column; rule: Rule }[]; problems: HarnessError[] } {
  const matched: { column: Column; rule: Rule }[] = []
  const problems: HarnessError[] = []
  for (const [path, rule] of Object.entries(rules)) {
    const named = columnsNamed(path, columns)
    const [column] = named
    if (column !== undefined && named.length === 1) matched.push({ column, rule })
    else problems.push(named.length === 0 ? missing(path, columns) : ambiguous(path, named))
  }
  return { matched, problems }
}

function columnsNamed(path: string, columns: readonly Column[]): Column[] {
  const parts = partsOf(path)
  const [name, relation, schema] = parts.toReversed()
  if (parts.length < 2 || parts.length > 3) return []
  return columns.filter(
    (column) =>
      column.name === name &&
      column.relation === relation &&
      (schema === undefined || column.schema === schema),
  )
}

/** Dots within double quotes do not separate. */
function partsOf(path: string): string[] {
  return (path.match(/"(?:[^"]|"")*"|[^.]+/g) ?? []).map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part,
  )
}

function missing(path: string, columns: readonly Column[]): HarnessError {
  const [, relation, schema] = partsOf(path).toReversed()
  const siblings = columns.filter(
    (column) => column.relation === relation && (schema === undefined || column.schema === schema),
  )
  const there = siblings.map(({ name }) => name).join(', ')
  const why = there === '' ? 'there is no such table' : `that table has ${there}`
  return new HarnessError(
    'masking-column-missing',
    `The masking rule for ${path} names no column of the backup: ${why}.`,
    { hint: 'Name a column as schema.table.column, or take the rule out of `masking.rules`.' },
  )
}

function ambiguous(path: string, named: readonly Column[]): HarnessError {
  const schemas = named.map(({ schema }) => schema).join(', ')
  return new HarnessError(
    'masking-column-ambiguous',
    `The masking rule for ${path} may mean several columns: the schemas ${schemas} all have that table.`,
    { hint: 'Put the schema in front: schema.table.column.' },
  )
}
