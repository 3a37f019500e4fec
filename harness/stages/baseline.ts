import { availableParallelism } from 'node:os'
import type { MigrationTable } from '../backups/backup-format.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { fingerprint, type TableFingerprint } from '../catalog/fingerprint.ts'
import { readCatalog, type TableName } from '../catalog/read.ts'
import { recordTables } from '../migrator/records/index.ts'
import type { Plan } from '../plan.ts'
import { connect, withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Restored } from './restore.ts'

/** What the database was before anything was done to it. */
export interface Baseline {
  /** To the copy that nothing ever writes to. */
  readonly pristine: Connection
  readonly catalog: Catalog
  readonly tables: readonly TableFingerprint[]
  /** The Migrator's own tables, which are part of no comparison. */
  readonly ignoreTables: readonly TableName[]
}

/** Takes down the restored database's catalog, row counts and digests. */
export async function baseline(
  plan: Plan,
  { pristine, unshare }: Restored,
  migrationTable: MigrationTable,
  progress: Progress,
): Promise<StageOutput<Baseline>> {
  const ignoreTables = migratorTables(migrationTable, plan.migrate.command !== undefined)
  progress('reading catalog and data')
  const [catalog, tables] = await Promise.all([
    withClient(pristine, (client) => readCatalog(client, { ignoreTables })),
    fingerprint({
      connect: () => connect(pristine),
      ignoreTables,
      parallelism: availableParallelism(),
      onProgress: (done, all) => progress(`digests of ${done} of ${all} tables`),
    }),
    // Migrations are timed next.
    unshare(),
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
