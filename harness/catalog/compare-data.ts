import type { Client } from 'pg'
import type { DataDifference } from './data-difference.ts'
import { inParallel, readPlainly, type Connect } from './data-session.ts'
import { listDataTables, type DataTable } from './data-tables.ts'
import { fromTable, majorOf } from './fingerprint.ts'
import { compareTable } from './compare-table.ts'
import type { Sides } from './comparison.ts'
import { matchTables, type MatchBy } from './match-tables.ts'
import type { TableName } from './read.ts'
import { everyRow, type Sampling } from './sampling.ts'

export interface CompareRequest {
  /** Into the database as it was: a clone made before anything changed. */
  readonly before: Connect
  /** Into the database as it is, on the same server. */
  readonly after: Connect
  readonly by: MatchBy
  readonly ignoreTables?: readonly TableName[]
  /** Names of the only tables to compare; default: every one. */
  readonly tables?: ReadonlySet<string>
  /** Names of tables that nobody wrote to since the two were the same: they are not read. Default: none. */
  readonly untouched?: ReadonlySet<string>
  /** Which tables, by their name before, are compared by a sample of their rows; default: none. */
  readonly sampling?: Sampling
  /** How many tables at a time, with a session on either side. Default 2. */
  readonly parallelism?: number
  readonly onProgress?: (tablesDone: number, tables: number) => void
}

/**
 * What became of the data that was there: rows lost and added, values changed, columns and tables gone, sorted
 * by table and column; empty when every table keeps its rows and values in the columns it had. New tables and
 * columns are of no interest. All tables are digested on the server; rows are compared one by one, in bounded
 * memory, only where digests differ. A column of another type keeps its values when they are what the server's
 * cast makes of them under the database's own time zone. Rows are always counted, also where only a sample is compared. Throws the server's error where a role may not read.
 */
export async function compareData(request: CompareRequest): Promise<DataDifference[]> {
  const open = () => openSides(request)
  const lead = await open()
  const differences: DataDifference[] = []
  try {
    const before = await listDataTables(lead.before, request.ignoreTables)
    const after = await listDataTables(lead.after, request.ignoreTables)
    const { tables, untouched } = request
    const wanted = tables === undefined ? before : before.filter(({ name }) => tables.has(name))
    const { pairs, gone } = matchTables(wanted, after, request.by)
    for (const table of gone) differences.push(await droppedTable(lead.before, table))
    const doubtful = pairs.filter(
      ({ before: { name }, after: other }) => name !== other.name || untouched?.has(name) !== true,
    )
    const ordered = doubtful.toSorted((one, other) => other.before.bytes - one.before.bytes)
    let done = 0
    await inParallel(ordered, request.parallelism ?? 2, { open, close: closeSides }, async (sides, pair) => {
      differences.push(...(await compareTable(sides, pair)))
      request.onProgress?.((done += 1), ordered.length)
    })
  } finally {
    await closeSides(lead)
  }
  return differences.toSorted((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1))
}

async function openSides({ before, after, sampling = everyRow }: CompareRequest): Promise<Sides> {
  const [one, other] = await Promise.all([before(), after()])
  const { rows } = await other.query<{ zone: string }>(`select current_setting('TimeZone') as zone`)
  await Promise.all([one, other].map((client) => readPlainly(client, rows[0]?.zone)))
  return { before: one, after: other, major: await majorOf(other), sampling }
}

async function closeSides({ before, after }: Sides): Promise<void> {
  await Promise.all([before.end(), after.end()])
}

async function droppedTable(client: Client, table: DataTable): Promise<DataDifference> {
  const { rows } = await client.query<{ count: string }>(`select count(*) as count from ${fromTable(table)}`)
  return {
    table: table.name,
    relation: table.kind,
    column: null,
    kind: 'table-dropped',
    rows: Number(rows[0]?.count),
    samples: [],
    sampled: false,
    nonNullLost: null,
  }
}

function sortKey({ table, column, kind }: DataDifference): string {
  return `${table}\0${column ?? ''}\0${kind}`
}
