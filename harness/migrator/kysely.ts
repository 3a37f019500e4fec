import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LoadError } from './load-error.ts'
import { nearest } from './nearest.ts'

/** The app's own Kysely, as far as the harness uses it. The harness uses its own for its history alone. */
export interface AppKysely {
  readonly version: string
  readonly Migrator: new (props: MigratorProps) => Migrator
  readonly Kysely: new (config: { dialect: unknown }) => Db
  readonly PostgresDialect: new (config: { pool: unknown }) => unknown
  readonly DummyDriver: new () => unknown
  readonly PostgresAdapter: new () => unknown
  readonly PostgresIntrospector: new (db: Db) => unknown
  readonly PostgresQueryCompiler: new () => unknown
}

export interface Db {
  readonly isTransaction: boolean
  getExecutor(): object
  withPlugin(plugin: object): Db
  withoutPlugins(): Db
  selectFrom(table: string): { select(column: string): { compile(): { readonly query: object } } }
  executeQuery(query: object): Promise<{ readonly rows: readonly unknown[] }>
  connection(): { execute<Result>(work: (db: Db) => Promise<Result>): Promise<Result> }
  destroy(): Promise<void>
}

export type MigrationFunction = (this: unknown, db: Db, ...rest: unknown[]) => unknown

export interface Migration {
  readonly up: MigrationFunction
  readonly down?: MigrationFunction | undefined
}

export interface Provider {
  getMigrations(): Promise<Readonly<Record<string, Migration>>>
}

export interface MigratorProps {
  readonly db: Db
  readonly provider: Provider
  readonly migrationTableName?: string | undefined
  readonly migrationTableSchema?: string | undefined
  readonly allowUnorderedMigrations?: boolean
}

export interface Migrator {
  getMigrations(): Promise<readonly MigrationInfo[]>
  migrateToLatest(): Promise<ResultSet>
  migrateUp(): Promise<ResultSet>
  migrateDown(): Promise<ResultSet>
}

export interface MigrationInfo {
  readonly name: string
  readonly executedAt?: Date | undefined
  readonly migration: Migration
}

export interface ResultSet {
  readonly error?: unknown
  readonly results?: readonly {
    readonly migrationName: string
    readonly direction: 'Up' | 'Down'
    readonly status: 'Success' | 'Error' | 'NotExecuted'
  }[]
}

/**
 * Loads Kysely as the code at `base` (a file URL) would: 0.29 and later have the Migrator in
 * `kysely/migration`, 0.28 in `kysely` itself. Throws LoadError when none is installed there.
 */
export async function loadAppKysely(base: string): Promise<AppKysely> {
  const url = resolveFrom('kysely', base)
  if (url === undefined) throw notInstalled(base)
  const core = (await import(url)) as AppKysely
  const migrationUrl = resolveFrom('kysely/migration', base)
  const migration = migrationUrl === undefined ? core : ((await import(migrationUrl)) as AppKysely)
  return { ...core, Migrator: migration.Migrator, version: versionAt(url) }
}

/** The URL that `import(specifier)` in the file at `base` would load; undefined when it would fail. */
export function resolveFrom(specifier: string, base: string): string | undefined {
  try {
    // The second argument needs --experimental-import-meta-resolve, which the child is started with.
    return import.meta.resolve(specifier, base)
  } catch {
    return undefined
  }
}

function notInstalled(base: string): LoadError {
  const folder = dirname(fileURLToPath(base))
  return new LoadError('kysely-not-installed', `Kysely cannot be imported from ${folder}.`, {
    hint: `Run \`npm i kysely\` in ${nearest('package.json', folder) ?? folder}.`,
  })
}

function versionAt(url: string): string {
  for (let folder = dirname(fileURLToPath(url)); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (!existsSync(manifest)) continue
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>
    if (name === 'kysely' && typeof version === 'string') return version
  }
  return 'unknown'
}
