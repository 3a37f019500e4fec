import type { Catalog } from './catalog.ts'
import type { Connect } from './data-session.ts'
import { listDataTables } from './data-tables.ts'
import { fingerprint } from './fingerprint.ts'
import { readCatalog, type TableName } from './read.ts'
import { everyRow, type Sampling } from './sampling.ts'
import { readTouched } from './touched.ts'

/** What a database is at one moment, to be compared with what the same database is later. */
export interface DatabaseState {
  readonly catalog: Catalog
  /** By qualified name; partition trees at their root. */
  readonly tables: ReadonlyMap<string, TableState>
}

export interface TableState {
  readonly rows: number
  /** Equal when the same rows are there, in whatever order; see `fingerprint`. */
  readonly digest: string
  /** As long as it is the same, nobody can have written to the table; null when that cannot be told. */
  readonly touched: string | null
}

export interface StateRequest {
  readonly connect: Connect
  readonly ignoreTables: readonly TableName[]
  readonly parallelism: number
  /** Which tables are digested by a sample of their rows; default: none. */
  readonly sampling?: Sampling
  /** An earlier state of this very database: tables that nobody wrote to since keep its digests. */
  readonly since?: DatabaseState
  /** Digests that are known already, by table name. */
  readonly known?: ReadonlyMap<string, { readonly rows: number; readonly digest: string }>
}

/**
 * Reads catalog and data of a database in which no session but the harness's own is left. Only tables that were
 * written to, rewritten, redefined or replaced since the earlier state are read.
 */
export async function readState({
  connect,
  ignoreTables,
  parallelism,
  since,
  sampling = everyRow,
  known = new Map(),
}: StateRequest): Promise<DatabaseState> {
  const client = await connect()
  try {
    const catalog = await readCatalog(client, { ignoreTables })
    const touched = await readTouched(client, ignoreTables)
    const counted = (await listDataTables(client, ignoreTables)).filter((table) => table.counted)
    const states = new Map<string, TableState>()
    for (const { name } of counted) {
      const mark = touched.get(name) ?? null
      const found = known.get(name) ?? unchanged(since?.tables.get(name), mark)
      if (found !== undefined) states.set(name, { rows: found.rows, digest: found.digest, touched: mark })
    }
    const tables = new Set(counted.map(({ name }) => name).filter((name) => !states.has(name)))
    const read =
      tables.size === 0 ? [] : await fingerprint({ connect, ignoreTables, parallelism, tables, sampling })
    for (const { name, rows, digest } of read)
      states.set(name, { rows, digest, touched: touched.get(name) ?? null })
    return { catalog, tables: states }
  } finally {
    await client.end()
  }
}

function unchanged(table: TableState | undefined, mark: string | null): TableState | undefined {
  return mark !== null && table?.touched === mark ? table : undefined
}
