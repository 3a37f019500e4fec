import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { version } from '../version.ts'
import { inParallel, readPlainly, settings, type Connect } from './data-session.ts'
import { listDataTables, type DataColumn, type DataTable } from './data-tables.ts'
import type { TableName } from './read.ts'
import { hashOf, valueOf } from './row-hash.ts'
import { everyRow, sampleOf, whereOf, type Sampling } from './sampling.ts'

/** What a table holds, in numbers. */
export interface TableFingerprint {
  /** Qualified and quoted as needed. */
  readonly name: string
  readonly oid: string
  readonly kind: DataTable['kind']
  readonly rows: number
  /** Equal when the same rows are there, in whatever order, or the same in the sample; a sum of hashes, as text. */
  readonly digest: string
  readonly columns: readonly ColumnFingerprint[]
  /** With indexes and TOAST, partitions included. */
  readonly bytes: number
}

export interface ColumnFingerprint {
  readonly name: string
  readonly attnum: number
  readonly type: string
  /** Of this column alone, when asked for. */
  readonly digest?: string
}

export interface FingerprintRequest {
  readonly connect: Connect
  /** How many sessions at a time. Each may use the server's own parallel workers besides. Default 2. */
  readonly parallelism?: number
  readonly ignoreTables?: readonly TableName[]
  /** Names as reported of the only tables to digest; default: every one. */
  readonly tables?: ReadonlySet<string>
  /** By table name as reported, the columns to digest; tables that are not named are digested in full. */
  readonly columns?: ReadonlyMap<string, readonly string[]>
  /** Which tables are digested by a sample of their rows; default: none. All rows are counted. */
  readonly sampling?: Sampling
  /** Also digest each column on its own. */
  readonly perColumn?: boolean
  readonly onProgress?: (tablesDone: number, tables: number) => void
}

/**
 * Counts and digests every table of a database on the server, sorted by name: tables, partition trees once at
 * their root, populated materialized views. Values that a client could tell apart differ in the digest. Throws
 * the server's error where the role may not read a table or row-level security would hide rows.
 */
export async function fingerprint(request: FingerprintRequest): Promise<TableFingerprint[]> {
  const open = () => openPlainly(request.connect)
  const tables = await withOne(open, close, (client) => listDataTables(client, request.ignoreTables))
  const { tables: wanted } = request
  const counted = tables.filter((table) => table.counted && (wanted === undefined || wanted.has(table.name)))
  const results: TableFingerprint[] = []
  await inParallel(
    largestFirst(counted),
    request.parallelism ?? 2,
    { open, close },
    async (client, table) => {
      results.push(await fingerprintTable(client, table, request))
      request.onProgress?.(results.length, counted.length)
    },
  )
  return results.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/**
 * What the digests of every table depend on beside its rows: the server, and of each table its identity, its columns
 * and the very SQL that counts and digests it. Where it is the same, the same rows have the same digests.
 */
export async function recipeOf({
  connect,
  ignoreTables = [],
  sampling = everyRow,
}: Pick<FingerprintRequest, 'connect' | 'ignoreTables' | 'sampling'>): Promise<string> {
  const open = () => openPlainly(connect)
  return await withOne(open, close, async (client) => {
    const { rows } = await client.query<{ version: string }>('select version()')
    const major = await majorOf(client)
    const tables = await listDataTables(client, ignoreTables)
    const queries = tables
      .filter((table) => table.counted)
      .map((table) => {
        const hash = wholeRow(table.columns, major)
        return [table, digestQueries(table, [hash], sampleOf(table, sampling, major))]
      })
    const all = JSON.stringify([version, rows[0]?.version, settings, [...sampling.oneIn], queries])
    return createHash('sha256').update(all).digest('hex')
  })
}

async function openPlainly(connect: Connect): Promise<Client> {
  const client = await connect()
  await readPlainly(client, 'UTC')
  return client
}

async function close(client: Client): Promise<void> {
  await client.end()
}

async function fingerprintTable(
  client: Client,
  table: DataTable,
  { columns: wanted, perColumn = false, sampling = everyRow }: FingerprintRequest,
): Promise<TableFingerprint> {
  const major = await majorOf(client)
  const names = wanted?.get(table.name)
  const columns = table.columns.filter(({ name }) => names === undefined || names.includes(name))
  const hashes = [
    wholeRow(columns, major),
    ...(perColumn ? columns.map((column) => hashOf([valueOf(column)], major)) : []),
  ]
  const { rows, digests } = await digest(client, table, hashes, sampleOf(table, sampling, major))
  const described = columns.map(({ name, attnum, type }, at) => {
    const digest = digests[at + 1]
    return { name, attnum, type, ...(digest === undefined ? {} : { digest }) }
  })
  const { name, oid, kind, bytes } = table
  return { name, oid, kind, rows, digest: digests[0] ?? '0', columns: described, bytes }
}

/** By name, so that a column that was dropped and added again makes no difference. */
function wholeRow(columns: readonly DataColumn[], major: number): string {
  const ordered = columns.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  return hashOf(
    ordered.map((column) => valueOf(column)),
    major,
  )
}

/**
 * Row count of a table, and the sum of each hash over its rows, in one pass; in two when only those are hashed for
 * which `sample` holds, for then the other rows are not taken apart, and an index may do for counting.
 */
export async function digest(
  client: Client,
  table: DataTable,
  hashes: readonly string[],
  sample?: string,
): Promise<{ rows: number; digests: string[] }> {
  const values: string[] = []
  for (const text of digestQueries(table, hashes, sample)) {
    const { rows } = await client.query<string[]>({ text, rowMode: 'array' })
    values.push(...(rows[0] ?? []))
  }
  const [count, ...digests] = values
  return { rows: Number(count ?? 0), digests }
}

function digestQueries(table: DataTable, hashes: readonly string[], sample: string | undefined): string[] {
  const sums = hashes.map((hash) => `coalesce(sum(${hash}), 0)::text`)
  const select = (columns: readonly string[], where: string) =>
    `select ${columns.join(', ')} from ${fromTable(table)} ${where}`
  return sample === undefined
    ? [select(['count(*)', ...sums], '')]
    : [select(['count(*)'], ''), select(sums, whereOf(sample))]
}

/** `t` as the relation to read: a table without those that inherit from it, for they are read themselves. */
export function fromTable({ kind, name }: DataTable): string {
  return `${kind === 'table' ? 'only ' : ''}${name} t`
}

/** The server's major version. */
export async function majorOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: string }>(
    `select current_setting('server_version_num') as version`,
  )
  return Math.floor(Number(rows[0]?.version) / 10_000)
}

function largestFirst(tables: readonly DataTable[]): DataTable[] {
  return tables.toSorted((one, other) => other.bytes - one.bytes)
}

async function withOne<Result>(
  open: () => Promise<Client>,
  close: (client: Client) => Promise<void>,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await open()
  try {
    return await work(client)
  } finally {
    await close(client)
  }
}
