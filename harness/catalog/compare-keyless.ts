import { differingRows } from './buckets.ts'
import type { Comparison, Sides, TableDifference } from './comparison.ts'
import { digest, fromTable } from './fingerprint.ts'
import { hashOf } from './row-hash.ts'
import { mergeRows, streamRows } from './row-stream.ts'

/**
 * Finds how many rows of a table without a key were lost, added or changed. Rows only one side has are paired
 * off as changed, in the columns whose values as a whole differ; null for the column when values only moved
 * between rows.
 */
export async function compareKeyless(sides: Sides, comparison: Comparison): Promise<TableDifference[]> {
  const { columns } = comparison
  const whole = hashesOf(sides, columns)
  const { lost, added } = await countDifference(sides, comparison, whole)
  const changed = Math.min(lost, added)
  const findings: TableDifference[] = [
    { column: null, kind: 'rows-lost', rows: lost - changed },
    { column: null, kind: 'rows-added', rows: added - changed },
    ...(changed > 0 ? await changedColumns(sides, comparison, changed) : []),
  ]
  return findings.filter(({ rows }) => rows > 0)
}

async function changedColumns(
  sides: Sides,
  comparison: Comparison,
  changed: number,
): Promise<TableDifference[]> {
  const { pair, columns } = comparison
  const hashes = columns.map((column) => hashesOf(sides, [column]))
  const [before, after] = await Promise.all([
    digest(
      sides.before,
      pair.before,
      hashes.map((hash) => hash.before),
    ),
    digest(
      sides.after,
      pair.after,
      hashes.map((hash) => hash.after),
    ),
  ])
  const findings: TableDifference[] = []
  for (const [at, column] of columns.entries()) {
    const hash = hashes[at]
    if (hash === undefined || before.digests[at] === after.digests[at]) continue
    const { lost, added } = await countDifference(sides, comparison, hash)
    const rows = Math.min(lost, added)
    if (rows > 0) findings.push({ column: column.pair.before.name, kind: 'values-changed', rows })
  }
  return findings.length > 0 ? findings : [{ column: null, kind: 'values-changed', rows: changed }]
}

interface SideHashes {
  readonly before: string
  readonly after: string
}

function hashesOf({ major }: Sides, columns: Comparison['columns']): SideHashes {
  return {
    before: hashOf(
      columns.map((column) => column.before),
      major,
    ),
    after: hashOf(
      columns.map((column) => column.after),
      major,
    ),
  }
}

/** How many hashes are on one side only, each as often as it occurs. */
async function countDifference(
  sides: Sides,
  comparison: Comparison,
  hashes: SideHashes,
): Promise<{ lost: number; added: number }> {
  const { pair } = comparison
  const where = await differingRows(sides, comparison, {
    before: { key: hashes.before, row: hashes.before },
    after: { key: hashes.after, row: hashes.after },
  })
  const query = (from: string, hash: string, where: string) =>
    `select ${hash} as key, count(*)::text as values from ${from} ${where} group by 1 order by 1`
  const groups = mergeRows(
    streamRows(sides.before, query(fromTable(pair.before), hashes.before, where.before)),
    streamRows(sides.after, query(fromTable(pair.after), hashes.after, where.after)),
  )
  const totals = { lost: 0, added: 0 }
  for await (const { before, after } of groups) {
    const difference = Number(before[0] ?? 0) - Number(after[0] ?? 0)
    if (difference > 0) totals.lost += difference
    else totals.added -= difference
  }
  return totals
}
