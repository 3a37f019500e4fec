import type { Client } from 'pg'

/** A row of a sorted stream: the hash it is sorted by, and the hashes of its values. */
export interface HashedRow {
  readonly key: bigint
  readonly values: string
}

const batch = 5_000

/**
 * Rows of a query with the columns `key` (bigint) and `values` (text), which must be ordered by key; a batch at
 * a time is held. Occupies the client with a transaction until it is done.
 */
export async function* streamRows(client: Client, query: string): AsyncGenerator<HashedRow> {
  await client.query('begin')
  try {
    await client.query(`declare hashed_rows no scroll cursor for ${query}`)
    for (;;) {
      const { rows } = await client.query<[string, string]>({
        text: `fetch ${batch} from hashed_rows`,
        rowMode: 'array',
      })
      for (const [key, values] of rows) yield { key: BigInt(key), values }
      if (rows.length < batch) return
    }
  } finally {
    await client.query('rollback')
  }
}

/** Both sides' rows with one key; one of the lists may be empty. */
export interface KeyGroup {
  readonly key: bigint
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** Walks two sorted streams together, key by key. */
export async function* mergeRows(
  before: AsyncGenerator<HashedRow>,
  after: AsyncGenerator<HashedRow>,
): AsyncGenerator<KeyGroup> {
  const [one, other] = [groups(before), groups(after)]
  let [left, right] = await Promise.all([one.next(), other.next()])
  while (!left.done || !right.done) {
    const key = lower(left.value?.key, right.value?.key)
    const group = {
      key,
      before: left.value?.key === key ? left.value.values : [],
      after: right.value?.key === key ? right.value.values : [],
    }
    yield group
    ;[left, right] = await Promise.all([
      group.before.length > 0 ? one.next() : left,
      group.after.length > 0 ? other.next() : right,
    ])
  }
}

async function* groups(
  rows: AsyncGenerator<HashedRow>,
): AsyncGenerator<{ readonly key: bigint; readonly values: string[] }, undefined> {
  let group: { key: bigint; values: string[] } | undefined
  for await (const { key, values } of rows) {
    if (group?.key === key) group.values.push(values)
    else {
      if (group !== undefined) yield group
      group = { key, values: [values] }
    }
  }
  if (group !== undefined) yield group
}

function lower(one: bigint | undefined, other: bigint | undefined): bigint {
  if (one === undefined) return other ?? 0n
  return other === undefined || one < other ? one : other
}
