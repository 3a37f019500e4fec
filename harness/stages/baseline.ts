import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupContents, MigrationTable } from '../backups/backup-format.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { listDataTables } from '../catalog/data-tables.ts'
import type { TableFingerprint } from '../catalog/fingerprint.ts'
import { readCatalog, type TableName } from '../catalog/read.ts'
import { planSampling, type Sampling } from '../catalog/sampling.ts'
import { recordTables } from '../migrator/records/index.ts'
import { flush, readTouched, type TouchedMarks } from '../catalog/touched.ts'
import type { Plan } from '../plan.ts'
import { connect, withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { rowDifferences, type RowDifference } from '../proof/rows.ts'
import type { Finding } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { SnapshotIdentity } from '../snapshots/digests.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Prepared } from './preflight.ts'
import type { Restored } from './restore.ts'
import { digestsOf } from './stored-digests.ts'

/** What the database was before anything was done to it. */
export interface Baseline {
  /** To the copy that nothing ever writes to. */
  readonly pristine: Connection
  readonly catalog: Catalog
  readonly tables: readonly TableFingerprint[]
  /** When they were counted and digested; ISO 8601, UTC. */
  readonly takenAt: string
  /** Of the rehearsed database before anything was done to it: tables whose marks stay the same need not be read again. */
  readonly touched: TouchedMarks
  /** The Migrator's own tables, which are part of no comparison. */
  readonly ignoreTables: readonly TableName[]
  /** Which tables are compared by a sample of their rows, wherever data is compared. */
  readonly sampling: Sampling
}

/** Takes down the restored database's catalog, row counts and digests, and compares the counts with the backup's. */
export async function baseline(
  plan: Plan,
  restored: Restored,
  { table, facts }: Pick<Prepared, 'table' | 'facts'>,
  progress: Progress,
): Promise<StageOutput<Baseline>> {
  const ignoreTables = migratorTables(table, plan.migrate.command !== undefined)
  const rehearsed = restored.server.connection(restored.database)
  // What loading left in memory must not look as if it was written later.
  const isFlushed = await withClient(rehearsed, flush)
  const flushedAt = Date.now()
  const { sampleAboveBytes } = plan
  const options = { sampleAboveBytes, snapshot: restored.snapshot }
  const described = await describeRestored(restored, ignoreTables, facts.contents, progress, options)
  // Files written to in the second of a look at them tell nothing; those of a snapshot that was used before are older.
  const isNew = Date.parse(described.facts.takenAt) >= flushedAt
  if (isFlushed && isNew) await sleep(Math.max(0, flushedAt + 1_000 - Date.now()))
  const touched = await withClient(rehearsed, (client) => readTouched(client, ignoreTables))
  return { ...described, facts: { ...described.facts, touched } }
}

/**
 * The same without any table left out but those named. Rows are not read where their digests are stored with
 * `snapshot`; left out: they are always read.
 */
export async function describeRestored(
  { pristine, unshare }: Restored,
  ignoreTables: readonly TableName[],
  { rows: expected }: BackupContents,
  progress: Progress,
  {
    sampleAboveBytes,
    snapshot,
  }: { sampleAboveBytes?: number | undefined; snapshot?: SnapshotIdentity | undefined } = {},
): Promise<StageOutput<Omit<Baseline, 'touched'>>> {
  progress('reading catalog and data')
  const sampling = planSampling(
    sampleAboveBytes === undefined
      ? []
      : await withClient(pristine, (client) => listDataTables(client, ignoreTables)),
    sampleAboveBytes,
  )
  const [catalog, { tables, takenAt, areStored }] = await Promise.all([
    withClient(pristine, (client) => readCatalog(client, { ignoreTables })),
    digestsOf(snapshot, {
      connect: () => connect(pristine),
      ignoreTables,
      sampling,
      parallelism: availableParallelism(),
      onProgress: (done, all) => progress(`digests of ${done} of ${all} tables`),
    }),
    // Migrations are timed next.
    unshare(),
  ])
  const differences = await withClient(pristine, (client) => rowDifferences(client, expected, tables))
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return {
    facts: { pristine, catalog, tables, takenAt, ignoreTables, sampling },
    summary: `${count(catalog.objects.size, 'catalog object')}, ${count(tables.length, 'table')}, ${count(rows, 'row')}${areStored ? `, digests stored with the snapshot ${takenAt.slice(0, 16).replace('T', ' ')}` : ''}`,
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

/**
 * Kysely's lock table has its own name, which the app may have changed along with the other. What a team changed
 * from stays part of the data: tables of other migrators are left out only where a command runs one.
 */
export function migratorTables({ schema, name }: MigrationTable, byCommand: boolean): TableName[] {
  const kysely = [name, `${name}_lock`, 'kysely_migration_lock'].map((table) => ({ schema, name: table }))
  return byCommand ? [...kysely, ...recordTables] : kysely
}
