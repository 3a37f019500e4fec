import { availableParallelism } from 'node:os'
import type { MigrationTable } from '../backups/backup-format.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { fingerprint, type TableFingerprint } from '../catalog/fingerprint.ts'
import { readCatalog, type TableName } from '../catalog/read.ts'
import { recordTables } from '../migrator/records/index.ts'
import type { Plan } from '../plan.ts'
import { connect, withClient } from '../postgres/client.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import { pristineName, type Provisioned } from './provision.ts'

/** What the database was before anything was done to it. */
export interface Baseline {
  /** Name of a copy that nothing ever writes to; what comes later is compared with it row by row. */
  readonly pristine: string
  readonly catalog: Catalog
  readonly tables: readonly TableFingerprint[]
  /** The Migrator's own tables, which are part of no comparison. */
  readonly ignoreTables: readonly TableName[]
}

/** Takes down the restored database's catalog, row counts and digests. */
export async function baseline(
  plan: Plan,
  { server, database }: Provisioned,
  migrationTable: MigrationTable,
  progress: Progress,
): Promise<StageOutput<Baseline>> {
  const pristine = pristineName(database)
  const ignoreTables = migratorTables(migrationTable, plan.migrate.command !== undefined)
  const connection = server.connection(pristine)
  progress('reading catalog and data')
  const [catalog, tables] = await Promise.all([
    withClient(connection, (client) => readCatalog(client, { ignoreTables })),
    fingerprint({
      connect: () => connect(connection),
      ignoreTables,
      parallelism: availableParallelism(),
      onProgress: (done, all) => progress(`digests of ${done} of ${all} tables`),
    }),
  ])
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return {
    facts: { pristine, catalog, tables, ignoreTables },
    summary: `${count(catalog.objects.size, 'catalog object')}, ${count(tables.length, 'table')}, ${count(rows, 'row')}`,
  }
}

/**
 * Kysely's lock table has its own name, which the app may have changed along with the other. What a team changed
 * from stays part of the data: tables of other migrators are left out only where a command runs one.
 */
export function migratorTables({ schema, name }: MigrationTable, byCommand: boolean): TableName[] {
  const kysely = [name, `${name}_lock`, 'kysely_migration_lock'].map((table) => ({ schema, name: table }))
  return byCommand ? [...kysely, ...recordTables] : kysely
}
