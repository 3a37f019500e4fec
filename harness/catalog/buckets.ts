import type { Client } from 'pg'
import type { Comparison, Sides } from './comparison.ts'
import { fromTable } from './fingerprint.ts'
import type { DataTable } from './data-tables.ts'
import { whereOf } from './sampling.ts'

/** SQL of the two hashes that a comparison goes by, on either side. */
export interface Hashes {
  /** Sorts rows and tells which belong together. */
  readonly key: string
  /** Of everything that is compared. */
  readonly row: string
}

/** Few changed rows among many shall fall into few of them; so many digests are compared in a second. */
const most = 2 ** 18
const fewest = 1_024
/** Of a table, for each of its buckets. */
const bucketBytes = 4_096

/** Tables of fewer rows are streamed in full. */
const worthwhile = 20_000

/**
 * A condition, with `where`, that holds for every row that may differ and for few others: rows fall into
 * buckets by their key's hash, and buckets whose digests agree are left out. Only the sample's when all
 * its rows must be looked at.
 */
export async function differingRows(
  { before, after }: Sides,
  { pair, sample }: Comparison,
  hashes: { readonly before: Hashes; readonly after: Hashes },
): Promise<{ readonly before: string; readonly after: string }> {
  const count = bucketCount(pair.before.bytes / (sample?.oneIn ?? 1))
  const [one, other] = await Promise.all([
    digestBuckets(before, pair.before, hashes.before, count, sample?.before),
    digestBuckets(after, pair.after, hashes.after, count, sample?.after),
  ])
  const all = { before: whereOf(sample?.before), after: whereOf(sample?.after) }
  if (one.rows + other.rows < worthwhile) return all
  const buckets = new Set([...one.digests.keys(), ...other.digests.keys()])
  const differing = [...buckets].filter((bucket) => one.digests.get(bucket) !== other.digests.get(bucket))
  if (differing.length > count / 2) return all
  const list = `any ('{${differing.join(',')}}'::bigint[])`
  return {
    before: whereOf(`${bucketOf(hashes.before, count)} = ${list}`, sample?.before),
    after: whereOf(`${bucketOf(hashes.after, count)} = ${list}`, sample?.after),
  }
}

function bucketCount(bytes: number): number {
  return Math.min(most, Math.max(fewest, 2 ** Math.ceil(Math.log2(bytes / bucketBytes))))
}

function bucketOf({ key }: Hashes, count: number): string {
  return `(${key} & ${count - 1})`
}

async function digestBuckets(
  client: Client,
  table: DataTable,
  hashes: Hashes,
  count: number,
  sample: string | undefined,
): Promise<{ rows: number; digests: Map<string, string> }> {
  const { rows } = await client.query<{ bucket: string; rows: string; digest: string }>(`
    select ${bucketOf(hashes, count)} as bucket, count(*) as rows, sum(${hashes.row}) || ' ' || count(*) as digest
    from ${fromTable(table)} ${whereOf(sample)} group by 1`)
  return {
    rows: rows.reduce((sum, row) => sum + Number(row.rows), 0),
    digests: new Map(rows.map(({ bucket, digest }) => [bucket, digest])),
  }
}
