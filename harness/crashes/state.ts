import { settleDeparse } from '../catalog/canonical.ts'
import type { Catalog, CatalogDifference } from '../catalog/catalog.ts'
import { diffCatalogs } from '../catalog/diff.ts'
import { fingerprint } from '../catalog/fingerprint.ts'
import { readLeftovers, type Leftovers } from '../catalog/leftovers.ts'
import { readCatalog } from '../catalog/read.ts'
import { readApplied, type MigrationTableName } from '../migrator/applied.ts'
import { connect, withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'

/** All of a database that another run of the migrator could depend on, the migrator's own tables included. */
export interface DatabaseState {
  readonly applied: readonly string[]
  readonly catalog: Catalog
  /** Rows and digest by table; undefined: data was not read. */
  readonly data: ReadonlyMap<string, TableData> | undefined
  readonly leftovers: Leftovers
}

export interface TableData {
  readonly rows: number
  readonly digest: string
}

/** Reads the state of a database that nobody writes to. */
export async function readState(
  connection: Connection,
  record: MigrationTableName,
  { data }: { readonly data: boolean },
): Promise<DatabaseState> {
  const [applied, catalog, leftovers, prints] = await Promise.all([
    readApplied(connection, record),
    withClient(connection, (client) => readCatalog(client)),
    withClient(connection, readLeftovers),
    data ? fingerprint({ connect: () => connect(connection) }) : undefined,
  ])
  const tables = prints?.map(({ name, rows, digest }) => [name, { rows, digest }] as const)
  return { applied, catalog, leftovers, data: tables && new Map(tables) }
}

/**
 * What makes two states different ones, a line each; empty when a migrator could not tell them apart. The data
 * of `volatile` tables, which no two runs write alike, is compared by the number of rows. Where sequences stand
 * does not count: they go on after a transaction that was aborted.
 */
export async function stateDifferences(
  before: { readonly state: DatabaseState; readonly connection: Connection },
  after: { readonly state: DatabaseState; readonly connection: Connection },
  volatile: ReadonlySet<string>,
): Promise<string[]> {
  const [one, other] = [before.state, after.state]
  const found = diffCatalogs(one.catalog, other.catalog).filter(({ severity }) => severity === 'error')
  const catalog =
    found.length === 0
      ? []
      : await withClient(before.connection, (client) =>
          withClient(after.connection, (second) =>
            settleDeparse(
              found,
              { client, catalog: one.catalog },
              { client: second, catalog: other.catalog },
            ),
          ),
        )
  return [
    ...catalog.map(describe),
    ...dataDifferences(one, other, volatile),
    ...recordDifferences(one, other),
  ]
}

/** Whether a difference is only that the migrator has made its own tables, as it does before the first migration. */
export function isOwnTable(line: string, { table, tableSchema }: MigrationTableName): boolean {
  const schema = tableSchema ?? 'public'
  return [table, `${table}_lock`, 'kysely_migration_lock'].some(
    (name) => line === `table ${schema}.${name} is added`,
  )
}

/** Tables whose data came out differently in two undisturbed runs. */
export function volatileTables(one: DatabaseState, other: DatabaseState): Set<string> {
  const names = [...(one.data ?? [])].flatMap(([name, { digest }]) =>
    other.data?.get(name)?.digest === digest ? [] : [name],
  )
  return new Set(names)
}

function dataDifferences(one: DatabaseState, other: DatabaseState, volatile: ReadonlySet<string>): string[] {
  if (one.data === undefined || other.data === undefined) return []
  return [...one.data].flatMap(([name, { rows, digest }]) => {
    const found = other.data?.get(name)
    // A table that is not there is a difference of catalogs.
    if (found === undefined) return []
    if (found.rows !== rows) return [`table ${name} has ${found.rows} rows, not ${rows}`]
    return found.digest === digest || volatile.has(name) ? [] : [`table ${name} holds other values`]
  })
}

function recordDifferences({ applied }: DatabaseState, other: DatabaseState): string[] {
  if (JSON.stringify(applied) === JSON.stringify(other.applied)) return []
  return [`the migration table has ${other.applied.length} migrations, not ${applied.length}`]
}

function describe({ kind, name, change, attribute, before, after }: CatalogDifference): string {
  if (change !== 'changed') return `${kind} ${name} is ${change}`
  return `${kind} ${name}: ${attribute} is ${after ?? 'none'}, not ${before ?? 'none'}`
}
