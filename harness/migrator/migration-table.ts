import type { Db, MigratorProps } from './kysely.ts'

/** Where a Migrator keeps its record, by the names the database knows. */
export interface MigrationTable {
  readonly table: string
  readonly tableSchema: string | null
}

const defaultTable = 'kysely_migration'

/**
 * The migration table of a Migrator with these props. The names are taken from a compiled query, because
 * plugins change them: CamelCasePlugin makes `app_migrations` of `appMigrations`. Connects nowhere.
 */
export function migrationTableOf(props: MigratorProps): MigrationTable {
  const name = props.migrationTableName ?? defaultTable
  const compiled = compiledNames(props.db, name)
  return {
    table: compiled?.table ?? name,
    tableSchema: props.migrationTableSchema ?? compiled?.tableSchema ?? null,
  }
}

interface Identifier {
  readonly name: string
}

/** As much of Kysely's SelectQueryNode as is read here. */
interface SelectNode {
  readonly from?: {
    readonly froms?: readonly {
      readonly table?: { readonly schema?: Identifier; readonly identifier?: Identifier }
    }[]
  }
}

function compiledNames(db: Db, name: string): MigrationTable | undefined {
  try {
    const query = db.selectFrom(name).select('name').compile().query as SelectNode
    const table = query.from?.froms?.[0]?.table
    if (table?.identifier === undefined) return undefined
    return { table: table.identifier.name, tableSchema: table.schema?.name ?? null }
  } catch {
    return undefined
  }
}
