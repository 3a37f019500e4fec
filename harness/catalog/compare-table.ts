import { escapeIdentifier } from 'pg'
import type { Comparison, ComparedColumn, Sides, TableDifference } from './comparison.ts'
import type { DataDifference } from './data-difference.ts'
import { compareKeyed, keyColumns } from './compare-keyed.ts'
import { compareKeyless } from './compare-keyless.ts'
import { digest, fromTable } from './fingerprint.ts'
import type { ColumnPair, TablePair } from './match-tables.ts'
import { hashOf, textOf, textValueOf, valueOf } from './row-hash.ts'
import { sampleCondition, sampleOf, whereOf } from './sampling.ts'

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
  const disagreement = await disagree(sides, pair)
  if (disagreement === undefined) return []
  const { comparison, rows } = disagreement
  const keyed = keyColumns(comparison).length > 0
  const found = await (keyed ? compareKeyed(sides, comparison) : compareKeyless(sides, comparison))
  return comparison.sample === undefined ? found : estimated(found, comparison.sample.oneIn, rows)
}

/** How to compare, and how many rows there are, or undefined when the digests of all shared columns are equal. */
async function disagree(sides: Sides, pair: TablePair): Promise<Disagreement | undefined> {
  try {
    return await compareDigests(sides, withSample(sides, pair, pair.columns.map(casting)))
  } catch (error) {
    if (!pair.columns.some(isRetyped)) throw error
    // There is no such cast, or some value does not go through it: what clients read is compared then.
    const texts = pair.columns.map((column) => (isRetyped(column) ? reading(column) : casting(column)))
    return await compareDigests(sides, withSample(sides, pair, texts))
  }
}

interface Disagreement {
  readonly comparison: Comparison
  readonly rows: { readonly before: number; readonly after: number }
}

function withSample(
  { sampling, major }: Sides,
  pair: TablePair,
  columns: readonly ComparedColumn[],
): Comparison {
  const oneIn = sampling.oneIn.get(pair.before.name)
  const key = keyColumns({ pair, columns })
  if (oneIn === undefined || key.length === 0) return { pair, columns, sample: undefined }
  const on = (side: 'before' | 'after') =>
    sampleCondition(
      key.map((column) => column[side]),
      oneIn,
      major,
    )
  return { pair, columns, sample: { oneIn, before: on('before'), after: on('after') } }
}

async function compareDigests(sides: Sides, comparison: Comparison): Promise<Disagreement | undefined> {
  const { pair, columns, sample } = comparison
  const on = (side: 'before' | 'after') => {
    const values = columns.map((column) => column[side])
    return digest(sides[side], pair[side], [hashOf(values, sides.major)], sample?.[side])
  }
  const [one, other] = await Promise.all([on('before'), on('after')])
  const isEqual = one.rows === other.rows && one.digests[0] === other.digests[0]
  return isEqual ? undefined : { comparison, rows: { before: one.rows, after: other.rows } }
}

/** What a sample shows, for the whole table; of rows that are more or fewer, the number is known. */
function estimated(
  found: readonly TableDifference[],
  oneIn: number,
  { before, after }: Disagreement['rows'],
): TableDifference[] {
  const more = after - before
  const [net, other] =
    more < 0 ? (['rows-lost', 'rows-added'] as const) : (['rows-added', 'rows-lost'] as const)
  const isNetAlone = more !== 0 && !found.some(({ kind }) => kind === other)
  const scaled = found.map((difference) => ({ ...difference, rows: difference.rows * oneIn, sampled: true }))
  if (!isNetAlone) return scaled
  const { samples = [] } = found.find(({ kind }) => kind === net) ?? {}
  return [
    { column: null, kind: net, rows: Math.abs(more), samples },
    ...scaled.filter(({ kind }) => kind !== net),
  ]
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
  { before, sampling, major }: Sides,
  { before: table, columns }: TablePair,
): Promise<TableDifference[]> {
  const findings: TableDifference[] = []
  const sample = sampleOf(table, sampling, major)
  const oneIn = sample === undefined ? 1 : (sampling.oneIn.get(table.name) ?? 1)
  for (const pair of columns.filter(isRetyped).filter(mayTellLoss)) {
    const value = column(pair.before.name)
    const back = textOf(`(${value})::${pair.after.type}::${pair.before.type}`)
    const where = whereOf(sample, `${back} is distinct from ${textOf(value)}`)
    const rows = await before
      .query<{ count: string }>(`select count(*) as count from ${fromTable(table)} ${where}`)
      // No such cast: nothing can be said but what the comparison of values says.
      .then(
        ({ rows }) => Number(rows[0]?.count),
        () => 0,
      )
    if (rows > 0)
      findings.push({
        column: pair.before.name,
        kind: 'column-retyped',
        rows: rows * oneIn,
        sampled: oneIn > 1,
      })
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
