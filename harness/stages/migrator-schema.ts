import type { CatalogDifference } from '../catalog/catalog.ts'
import type { TableName } from '../catalog/read.ts'

/** Kysely makes the schema of its own tables when it is not there, and no rollback takes it away. */
export function isMigratorSchema(
  { kind, name, change }: CatalogDifference,
  ignoreTables: readonly TableName[],
): boolean {
  return kind === 'schema' && change === 'added' && ignoreTables.some((table) => table.schema === name)
}
