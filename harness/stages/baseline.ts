import type { MigrationTable } from '../backups/backup-format.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { readCatalog } from '../catalog/read.ts'
import { withClient } from '../postgres/client.ts'
import type { TableFacts } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import { pristineName, type Provisioned } from './provision.ts'

/** What the database was before anything was done to it. */
export interface Baseline {
  /** Name of a copy that nothing ever writes to; what comes later is compared with it row by row. */
  readonly pristine: string
  readonly catalog: Catalog
  readonly tables: readonly TableFacts[]
  /** The Migrator's own tables, which are part of no comparison. */
  readonly ignoreTables: readonly { readonly schema: string | undefined; readonly name: string }[]
}

/** Copies the restored database and takes down its catalog, row counts and digests. */
export async function baseline(
  { server, database }: Provisioned,
  table: MigrationTable,
  progress: Progress,
): Promise<StageOutput<Baseline>> {
  const pristine = pristineName(database)
  const ignoreTables = [table, { schema: table.schema, name: `${table.name}_lock` }, { schema: table.schema, name: 'kysely_migration_lock' }]
  progress('copying the restored database')
  await server.cloneDatabase(database, pristine)
  progress('reading the catalog')
  const catalog = await withClient(server.connection(pristine), (client) => readCatalog(client, { ignoreTables }))
  return {
    facts: { pristine, catalog, ignoreTables, tables: [] },
    summary: `${count(catalog.objects.size, 'object')}`,
  }
}
