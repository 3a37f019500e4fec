import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../errors.ts'
import type { MigrationSource } from '../plan.ts'
import { exportsBeside, handOverOf, isMigrator } from './exports.ts'
import type { HandOver } from './exports.ts'
import { folderProvider } from './folder.ts'
import { interceptMigrators } from './intercept.ts'
import { loadAppKysely, resolveFrom } from './kysely.ts'
import type { AppKysely, Db, Migrator, MigratorProps, Provider } from './kysely.ts'
import { LoadError } from './load-error.ts'
import { migrationTableOf } from './migration-table.ts'
import type { MigrationTable } from './migration-table.ts'

/** Migrations, ready to run. Nothing has connected yet, as far as it is up to the harness. */
export interface LoadedSource extends MigrationTable {
  readonly kysely: AppKysely
  readonly migrator: Migrator
  /** Null when the app's own Migrator could not be seen into. */
  readonly inside: { readonly db: Db; readonly provider: Provider } | null
  readonly ignored: readonly string[]
  /** The Migrator is the harness's own: its connections can be closed, and another one be made. */
  readonly own: boolean
}

/**
 * Loads what `source` names: a folder, or a module in one of the forms of `handOverOf`. Migrations are read
 * through `wrap`. Throws LoadError when there is nothing to load or it does not load.
 */
export async function loadSource(
  source: MigrationSource,
  connectionString: string,
  wrap: (provider: Provider) => Provider,
): Promise<LoadedSource> {
  const kind = await kindOf(source.path)
  const base = pathToFileURL(kind === 'folder' ? join(source.path, 'index.js') : source.path).href
  const kysely = await loadAppKysely(base)
  const options = { source, connectionString, wrap, kysely, base }
  if (kind === 'folder') {
    const provider = folderProvider(source.path)
    const loaded = await ownMigrator(provider, options)
    return { ...loaded, ignored: [...provider.ignored] }
  }
  const { result: module, made } = await interceptMigrators(wrap, () => importModule(base, source.path))
  const handOver = handOverOf(module, source.exportName)
  if (handOver.form === 'provider') return ownMigrator(handOver.provider, options)
  if (handOver.form === 'record') {
    const loaded = await ownMigrator({ getMigrations: async () => handOver.record }, options)
    const taken = exportsBeside(module, handOver.record)
    const tookExports = Object.keys(handOver.record).every((name) => name in module)
    return { ...loaded, ignored: tookExports ? taken : [] }
  }
  return appMigrator(handOver, made, options)
}

async function kindOf(path: string): Promise<'folder' | 'module'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'module'
  } catch (error) {
    throw new LoadError('migrations-not-found', `There are no migrations at ${path}.`, {
      hint: 'Name the folder of the migrations, or a module that exports them.',
      cause: error,
    })
  }
}

interface LoadOptions {
  readonly source: MigrationSource
  readonly connectionString: string
  readonly wrap: (provider: Provider) => Provider
  readonly kysely: AppKysely
  readonly base: string
}

/** The harness's own Migrator for migrations that come without one. */
async function ownMigrator(provider: Provider, options: LoadOptions): Promise<LoadedSource> {
  const { source, connectionString, wrap, kysely, base } = options
  await requireMigrations(provider, source.path)
  const pool = await makePool(base, connectionString)
  const db = new kysely.Kysely({ dialect: new kysely.PostgresDialect({ pool }) })
  const props: MigratorProps = {
    db,
    provider: wrap(provider),
    migrationTableName: source.tableName,
    migrationTableSchema: source.tableSchema,
    allowUnorderedMigrations: source.allowUnordered,
  }
  return {
    kysely,
    migrator: new kysely.Migrator(props),
    inside: { db, provider },
    ...migrationTableOf(props),
    ignored: [],
    own: true,
  }
}

async function requireMigrations(provider: Provider, path: string): Promise<void> {
  if (Object.keys(await provider.getMigrations()).length > 0) return
  throw new LoadError('no-migrations', `There are no migrations in ${path}.`, {
    hint: 'Name the folder of the migrations, or a module that exports them.',
  })
}

async function makePool(base: string, connectionString: string): Promise<unknown> {
  const own = (): string => pathToFileURL(createRequire(import.meta.url).resolve('pg')).href
  const pg = (await import(resolveFrom('pg', base) ?? own())) as PgModule
  const Pool = pg.Pool ?? pg.default?.Pool
  if (Pool === undefined) throw new Error('the package "pg" has no Pool')
  return new Pool({ connectionString })
}

interface PgModule {
  readonly Pool?: new (config: { connectionString: string }) => unknown
  readonly default?: PgModule
}

/** The app's own Migrator, seen into as far as it could be intercepted while it was made. */
async function appMigrator(
  handOver: Extract<HandOver, { form: 'migrator' | 'function' }>,
  madeOnImport: readonly MigratorProps[],
  options: LoadOptions,
): Promise<LoadedSource> {
  const { source, connectionString, wrap, kysely } = options
  const { result: migrator, made } = await interceptMigrators(wrap, async () =>
    handOver.form === 'migrator' ? handOver.migrator : callMaker(handOver.make, connectionString),
  )
  if (!isMigrator(migrator)) {
    throw new LoadError('no-migrator', `The function that ${source.path} exports returned no Migrator.`, {
      hint: 'Return a Kysely Migrator, or a promise of one, from a function that takes a connection string.',
    })
  }
  const props = made.at(-1) ?? madeOnImport.at(-1)
  if (props !== undefined) await requireMigrations(props.provider, source.path)
  return {
    kysely,
    migrator,
    inside: props === undefined ? null : { db: props.db, provider: props.provider },
    ...(props === undefined ? { table: 'kysely_migration', tableSchema: null } : migrationTableOf(props)),
    ignored: [],
    own: false,
  }
}

async function callMaker(
  make: (connectionString: string) => unknown,
  connectionString: string,
): Promise<unknown> {
  try {
    return await make(connectionString)
  } catch (error) {
    throw new LoadError('no-migrator', `The function that makes the Migrator failed: ${messageOf(error)}`, {
      hint: 'It is called with the connection string of a copy of the database and must return a Migrator.',
      cause: error,
    })
  }
}

async function importModule(url: string, path: string): Promise<object> {
  try {
    return (await import(url)) as object
  } catch (error) {
    throw new LoadError('migrations-not-loaded', `${path} cannot be imported: ${messageOf(error)}`, {
      hint: 'Fix the error, or set what the file reads from the environment in .env.',
      cause: error,
    })
  }
}
