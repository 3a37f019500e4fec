import { availableParallelism } from 'node:os'
import type { BackupContents, MigrationTable } from '../backups/backup-format.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { fingerprint, type TableFingerprint } from '../catalog/fingerprint.ts'
import { readCatalog, type TableName } from '../catalog/read.ts'
import { connect, withClient } from '../postgres/client.ts'
import { rowDifferences, type RowDifference } from '../proof/rows.ts'
import type { Finding } from '../rehearsal.ts'
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

/** Takes down the restored database's catalog, row counts and digests, and compares the counts with the backup's. */
export async function baseline(
  provisioned: Provisioned,
  migrationTable: MigrationTable,
  contents: BackupContents,
  progress: Progress,
): Promise<StageOutput<Baseline>> {
  return await describeRestored(provisioned, migratorTables(migrationTable), contents, progress)
}

/** The same without any table left out but those named. */
export async function describeRestored(
  { server, database }: Provisioned,
  ignoreTables: readonly TableName[],
  { rows: expected }: BackupContents,
  progress: Progress,
): Promise<StageOutput<Baseline>> {
  const pristine = pristineName(database)
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
  const differences = await withClient(connection, (client) => rowDifferences(client, expected, tables))
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return {
    facts: { pristine, catalog, tables, ignoreTables },
    summary: `${count(catalog.objects.size, 'catalog object')}, ${count(tables.length, 'table')}, ${count(rows, 'row')}`,
    findings: differences.map(rowsLost),
  }
}

function rowsLost({ name, expected, found }: RowDifference): Finding {
  return {
    id: 'restored-row-drift',
    severity: 'unverified',
    subject: name,
    message: `The backup has ${count(expected, 'row')} of ${name}, and the copy ${found.toLocaleString('en-GB')}.`,
    remedy: 'Make the backup restore whole, then rehearse again.',
  }
}

/** Kysely's lock table has its own name, which the app may have changed along with the other. */
function migratorTables({ schema, name }: MigrationTable): TableName[] {
  return [name, `${name}_lock`, 'kysely_migration_lock'].map((table) => ({ schema, name: table }))
}
