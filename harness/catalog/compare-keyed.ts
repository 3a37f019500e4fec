import { escapeIdentifier } from 'pg'
import { differingRows, type Hashes } from './buckets.ts'
import type { ComparedColumn, Comparison, Sides, TableDifference } from './comparison.ts'
import { fromTable } from './fingerprint.ts'
import { hashOf, textOf } from './row-hash.ts'
import { mergeRows, streamRows, type KeyGroup } from './row-stream.ts'

/** Finds which rows of a table with a key were lost, added or changed, and in which columns. */
export async function compareKeyed(sides: Sides, comparison: Comparison): Promise<TableDifference[]> {
  const { pair, columns } = comparison
  const keys = keyColumns(comparison)
  const hashes = {
    before: hashesOf(keys, columns, 'before', sides.major),
    after: hashesOf(keys, columns, 'after', sides.major),
  }
  const where = await differingRows(sides, comparison, hashes)
  const tally = createTally(columns.length)
  const groups = mergeRows(
    streamRows(sides.before, streamQuery(fromTable(pair.before), hashes.before, where.before)),
    streamRows(sides.after, streamQuery(fromTable(pair.after), hashes.after, where.after)),
  )
  for await (const group of groups) tally.add(group)
  return report(sides, comparison, keys, tally.counts, hashes)
}

interface ColumnHashes extends Hashes {
  readonly columns: string
}

/** The columns of the key that the table had; empty where it had none, or not all of them are compared. */
export function keyColumns({
  pair,
  columns,
}: Pick<Comparison, 'pair' | 'columns'>): readonly ComparedColumn[] {
  const { key } = pair.before
  const found = key.flatMap((attnum) => columns.filter((column) => column.pair.before.attnum === attnum))
  return found.length === key.length ? found : []
}

function hashesOf(
  keys: readonly ComparedColumn[],
  columns: readonly ComparedColumn[],
  side: 'before' | 'after',
  major: number,
): ColumnHashes {
  return {
    key: hashOf(
      keys.map((key) => key[side]),
      major,
    ),
    row: hashOf(
      columns.map((column) => column[side]),
      major,
    ),
    columns: `array[${columns.map((column) => hashOf([column[side]], major)).join(', ')}]::text`,
  }
}

function streamQuery(from: string, { key, columns }: ColumnHashes, where: string): string {
  return `select ${key} as key, ${columns} as values from ${from} ${where} order by 1`
}

/** How many rows, and the hashed keys of the first few. */
interface Count {
  rows: number
  readonly keys: bigint[]
}

const sampleSize = 3

interface Counts {
  readonly lost: Count
  readonly added: Count
  readonly changed: readonly Count[]
}

function createTally(columns: number): { counts: Counts; add(group: KeyGroup): void } {
  const none = (): Count => ({ rows: 0, keys: [] })
  const counts = { lost: none(), added: none(), changed: Array.from({ length: columns }, none) }
  const count = (which: Count | undefined, key: bigint, rows: number) => {
    if (which === undefined || rows === 0) return
    which.rows += rows
    if (which.keys.length < sampleSize) which.keys.push(key)
  }
  return {
    counts,
    add({ key, before, after }) {
      const [left, right] = [withoutShared(before, after), withoutShared(after, before)]
      const shared = Math.min(left.length, right.length)
      count(counts.lost, key, left.length - shared)
      count(counts.added, key, right.length - shared)
      for (let at = 0; at < shared; at += 1) {
        const [one, other] = [hashList(left[at]), hashList(right[at])]
        for (const [column, hash] of one.entries()) {
          if (hash !== other[column]) count(counts.changed[column], key, 1)
        }
      }
    },
  }
}

/** Rows that the other side does not have, each counted as often as it occurs. */
function withoutShared(rows: readonly string[], others: readonly string[]): string[] {
  const left = [...others]
  return rows.filter((row) => {
    const at = left.indexOf(row)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

function hashList(values: string | undefined): string[] {
  return (values ?? '').slice(1, -1).split(',')
}

async function report(
  sides: Sides,
  { pair, columns }: Comparison,
  keys: readonly ComparedColumn[],
  { lost, added, changed }: Counts,
  hashes: { readonly before: Hashes; readonly after: Hashes },
): Promise<TableDifference[]> {
  const wanted = [lost, ...changed].flatMap((count) => count.keys)
  const names = await keyTexts(sides.before, fromTable(pair.before), keys, 'before', hashes.before, wanted)
  const newNames = await keyTexts(sides.after, fromTable(pair.after), keys, 'after', hashes.after, added.keys)
  const found: TableDifference[] = [
    { column: null, kind: 'rows-lost', rows: lost.rows, samples: samplesOf(lost, names) },
    { column: null, kind: 'rows-added', rows: added.rows, samples: samplesOf(added, newNames) },
    ...changed.map((count, at): TableDifference => {
      const column = columns[at]?.pair.before.name ?? null
      return { column, kind: 'values-changed', rows: count.rows, samples: samplesOf(count, names) }
    }),
  ]
  return found.filter(({ rows }) => rows > 0)
}

function samplesOf(count: Count, names: ReadonlyMap<string, string>): string[] {
  return count.keys.flatMap((key) => names.get(String(key)) ?? []).toSorted()
}

/** Longer ones are cut: a key may be a text of any length. */
const longestKey = 60

async function keyTexts(
  client: Sides['before'],
  from: string,
  keys: readonly ComparedColumn[],
  side: 'before' | 'after',
  { key }: Hashes,
  wanted: readonly bigint[],
): Promise<Map<string, string>> {
  if (wanted.length === 0) return new Map()
  const parts = keys.map(({ pair }) => {
    const name = pair[side].name
    return `${client.escapeLiteral(`${name}=`)} || coalesce(${textOf(`t.${escapeIdentifier(name)}`)}, 'null')`
  })
  const { rows } = await client.query<{ key: string; text: string }>(
    `select ${key} as key, left(concat_ws(', ', ${parts.join(', ')}), ${longestKey}) as text
     from ${from} where ${key} = any ($1::bigint[])`,
    [[...new Set(wanted.map(String))]],
  )
  return new Map(rows.map(({ key, text }) => [key, text]))
}
