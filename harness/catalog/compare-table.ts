import { escapeIdentifier } from 'pg'
import type { Comparison, ComparedColumn, Sides, TableDifference } from './comparison.ts'
import type { DataDifference } from './data-difference.ts'
import { compareKeyed } from './compare-keyed.ts'
import { compareKeyless } from './compare-keyless.ts'
import { digest, fromTable } from './fingerprint.ts'
import type { ColumnPair, TablePair } from './match-tables.ts'
import { hashOf, textOf, textValueOf, valueOf } from './row-hash.ts'

/** All differences of one table's data; see `compareData`. */
export async function compareTable(sides: Sides, pair: TablePair): Promise<DataDifference[]> {
  const findings = [
    ...(await droppedColumns(sides, pair)),
    ...(await lossyCasts(sides, pair)),
    ...(await changedRows(sides, pair)),
  ]
  return findings.map((finding) => ({
    table: pair.before.name,
    relation: pair.before.kind,
    samples: [],
    sampled: false,
    nonNullLost: null,
    ...finding,
  }))
}

async function changedRows(sides: Sides, pair: TablePair): Promise<TableDifference[]> {
  const comparison = await agree(sides, pair)
  if (comparison === undefined) return []
  return isKeyed(comparison) ? compareKeyed(sides, comparison) : compareKeyless(sides, comparison)
}

/** How to compare, or undefined when the digests of all shared columns are equal. */
async function agree(sides: Sides, pair: TablePair): Promise<Comparison | undefined> {
  const comparison = { pair, columns: pair.columns.map(casting) }
  try {
    return (await isEqual(sides, comparison)) ? undefined : comparison
  } catch (error) {
    if (!pair.columns.some(isRetyped)) throw error
    // There is no such cast, or some value does not go through it: what clients read is compared then.
    const texts = {
      pair,
      columns: pair.columns.map((column) => (isRetyped(column) ? reading(column) : casting(column))),
    }
    return (await isEqual(sides, texts)) ? undefined : texts
  }
}

async function isEqual({ before, after, major }: Sides, { pair, columns }: Comparison): Promise<boolean> {
  const [one, other] = await Promise.all([
    digest(before, pair.before, [
      hashOf(
        columns.map((column) => column.before),
        major,
      ),
    ]),
    digest(after, pair.after, [
      hashOf(
        columns.map((column) => column.after),
        major,
      ),
    ]),
  ])
  return one.rows === other.rows && one.digests[0] === other.digests[0]
}

function casting(pair: ColumnPair): ComparedColumn {
  const before = isRetyped(pair) ? valueOf(pair.before, pair.after) : valueOf(pair.before)
  return { pair, before, after: valueOf(pair.after) }
}

function reading(pair: ColumnPair): ComparedColumn {
  return { pair, before: textValueOf(column(pair.before.name)), after: textValueOf(column(pair.after.name)) }
}

function isRetyped({ before, after }: ColumnPair): boolean {
  return before.type !== after.type
}

function isKeyed({ pair, columns }: Comparison): boolean {
  const shared = new Set(columns.map((column) => column.pair.before.attnum))
  return pair.before.key.length > 0 && pair.before.key.every((attnum) => shared.has(attnum))
}

async function droppedColumns(
  { before }: Sides,
  { before: table, dropped }: TablePair,
): Promise<TableDifference[]> {
  if (dropped.length === 0) return []
  const { rows } = await before.query<string[]>({
    text: `select ${['count(*)', ...dropped.map(({ name }) => `count(${column(name)})`)].join(', ')}
      from ${fromTable(table)}`,
    rowMode: 'array',
  })
  const [count, ...values] = (rows[0] ?? []).map(Number)
  return dropped.map(({ name }, at) => ({
    column: name,
    kind: 'column-dropped',
    rows: count ?? 0,
    nonNullLost: values[at] ?? 0,
  }))
}

async function lossyCasts(
  { before }: Sides,
  { before: table, columns }: TablePair,
): Promise<TableDifference[]> {
  const findings: TableDifference[] = []
  for (const pair of columns.filter(isRetyped).filter(mayTellLoss)) {
    const value = column(pair.before.name)
    const back = textOf(`(${value})::${pair.after.type}::${pair.before.type}`)
    const rows = await before
      .query<{ count: string }>(
        `select count(*) as count from ${fromTable(table)} where ${back} is distinct from ${textOf(value)}`,
      )
      // No such cast: nothing can be said but what the comparison of values says.
      .then(
        ({ rows }) => Number(rows[0]?.count),
        () => 0,
      )
    if (rows > 0) findings.push({ column: pair.before.name, kind: 'column-retyped', rows })
  }
  return findings
}

/** Of a string that becomes something else, and of json, another text says nothing about what it means. */
function mayTellLoss({ before, after }: ColumnPair): boolean {
  return before.type !== 'json' && (before.category !== 'S' || after.category === 'S')
}

function column(name: string): string {
  return `t.${escapeIdentifier(name)}`
}
