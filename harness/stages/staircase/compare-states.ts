import { settleDeparse } from '../../catalog/canonical.ts'
import type { Catalog, CatalogDifference } from '../../catalog/catalog.ts'
import { compareData } from '../../catalog/compare-data.ts'
import type { DataDifference } from '../../catalog/data-difference.ts'
import { diffCatalogs } from '../../catalog/diff.ts'
import { fingerprint } from '../../catalog/fingerprint.ts'
import type { TableName } from '../../catalog/read.ts'
import { everyRow, type Sampling } from '../../catalog/sampling.ts'
import type { DatabaseState } from '../../catalog/state.ts'
import { connect, withClient } from '../../postgres/client.ts'
import type { Connection } from '../../postgres/connection.ts'
import { isMigratorSchema } from '../migrator-schema.ts'

/** Differences by name, without the Migrator's own. */
export function catalogDifferences(
  before: Catalog,
  after: Catalog,
  ignoreTables: readonly TableName[],
): CatalogDifference[] {
  return diffCatalogs(before, after).filter((difference) => !isMigratorSchema(difference, ignoreTables))
}

/** Tables on both sides whose rows or values are not the same. */
export function changedTables(before: DatabaseState, after: DatabaseState): string[] {
  return [...before.tables].flatMap(([name, table]) => {
    const other = after.tables.get(name)
    const isSame = other === undefined || (other.rows === table.rows && other.digest === table.digest)
    return isSame ? [] : [name]
  })
}

/** Without what is only the server writing one expression in two ways; `reference` is a copy in the earlier state. */
export async function settled(
  differences: readonly CatalogDifference[],
  before: { connection: Connection; catalog: Catalog },
  after: { connection: Connection; catalog: Catalog },
): Promise<CatalogDifference[]> {
  return withClient(before.connection, (one) =>
    withClient(after.connection, (other) =>
      settleDeparse(
        differences,
        { client: one, catalog: before.catalog },
        { client: other, catalog: after.catalog },
      ),
    ),
  )
}

interface StateComparison {
  readonly ignoreTables: readonly TableName[]
  readonly parallelism: number
  readonly sampling?: Sampling
}

/**
 * What became of the data of some tables. Rows are compared with those of `reference`, another copy taken to the
 * earlier state; where that copy came out different, as migrations that ask for the time or for chance make it,
 * only the digests say that something changed, and the column is `*`. Dropped tables and columns are left out,
 * for the catalog tells them.
 */
export async function dataDifferences(
  tables: readonly string[],
  before: { connection: Connection; state: DatabaseState },
  after: { connection: Connection; state: DatabaseState },
  { ignoreTables, parallelism, sampling = everyRow }: StateComparison,
): Promise<DataDifference[]> {
  if (tables.length === 0) return []
  const reference = () => connect(before.connection)
  const found = await fingerprint({
    connect: reference,
    ignoreTables,
    parallelism,
    sampling,
    tables: new Set(tables),
  })
  const faithful = new Set(
    found
      .filter(({ name, digest }) => before.state.tables.get(name)?.digest === digest)
      .map(({ name }) => name),
  )
  const compared =
    faithful.size === 0
      ? []
      : await compareData({
          before: reference,
          after: () => connect(after.connection),
          by: 'name',
          ignoreTables,
          sampling,
          parallelism,
          tables: faithful,
        })
  return [
    ...compared.filter(({ kind }) => kind !== 'table-dropped' && kind !== 'column-dropped'),
    ...tables.filter((name) => !faithful.has(name)).map((name) => byDigest(name, before.state, after.state)),
  ]
}

function byDigest(table: string, before: DatabaseState, after: DatabaseState): DataDifference {
  const [one, other] = [before, after].map((state) => state.tables.get(table)?.rows ?? 0)
  const more = (other ?? 0) - (one ?? 0)
  return {
    table,
    relation: 'table',
    column: more === 0 ? '*' : null,
    kind: more === 0 ? 'values-changed' : more < 0 ? 'rows-lost' : 'rows-added',
    rows: more === 0 ? (one ?? 0) : Math.abs(more),
    samples: [],
    sampled: more === 0,
    nonNullLost: null,
  }
}
