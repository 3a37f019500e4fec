import type { Migration, Migrator, Provider } from './kysely.ts'
import { isMigration } from './folder.ts'
import { LoadError } from './load-error.ts'

/** What a module hands over, told apart by shape. */
export type HandOver =
  | { readonly form: 'provider'; readonly provider: Provider }
  | { readonly form: 'record'; readonly record: Readonly<Record<string, Migration>> }
  | { readonly form: 'migrator'; readonly migrator: Migrator }
  | { readonly form: 'function'; readonly make: (connectionString: string) => unknown }

const usualNames = ['default', 'migrator', 'provider', 'migrations'] as const

/**
 * Finds what `module` hands over: the export called `exportName`, else the first usual name that fits,
 * else the exports themselves when they are migrations. Throws LoadError that lists the exports.
 */
export function handOverOf(module: object, exportName: string | undefined): HandOver {
  const exports = exportsOf(module)
  const names = exportName === undefined ? usualNames : [exportName]
  for (const name of names) {
    const found = formOf(exports[name])
    if (found !== undefined) return found
  }
  const record = exportName === undefined ? migrationsAmong(exports) : {}
  if (Object.keys(record).length > 0) return { form: 'record', record }
  throw nothingFits(exports, exportName)
}

/** The names of exports that `handOverOf` passes over when it takes the exports themselves. */
export function exportsBeside(module: object, record: object): string[] {
  return Object.keys(exportsOf(module)).filter((name) => !(name in record))
}

/** CommonJS seen from ESM has its exports in `default`, TypeScript's own `default` among them. */
function exportsOf(module: object): Record<string, unknown> {
  const exports: Record<string, unknown> = { ...module }
  const inner = exports['default']
  const isCommonJs = typeof inner === 'object' && inner !== null && '__esModule' in inner
  return isCommonJs ? { ...exports, default: undefined, ...inner } : exports
}

function formOf(value: unknown): HandOver | undefined {
  if (typeof value === 'function') {
    // A class is a function that cannot be called.
    if (/^class\b/.test(Function.prototype.toString.call(value))) return undefined
    return {
      form: 'function',
      make: (connectionString) => Reflect.apply(value, undefined, [connectionString]),
    }
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (isMigrator(value)) return { form: 'migrator', migrator: value }
  if ('getMigrations' in value && typeof value.getMigrations === 'function') {
    return { form: 'provider', provider: value as Provider }
  }
  const record = migrationsAmong(value)
  const count = Object.keys(record).length
  return count > 0 && count === Object.keys(value).length ? { form: 'record', record } : undefined
}

/** Whether the value is a Kysely Migrator, of whatever copy of Kysely. */
export function isMigrator(value: unknown): value is Migrator {
  const isObject = typeof value === 'object' && value !== null
  return isObject && 'migrateToLatest' in value && typeof value.migrateToLatest === 'function'
}

function migrationsAmong(value: object): Record<string, Migration> {
  const migrations: Record<string, Migration> = {}
  for (const [name, candidate] of Object.entries(value)) {
    if (isMigration(candidate)) migrations[name] = candidate
  }
  return migrations
}

function nothingFits(exports: Record<string, unknown>, exportName: string | undefined): LoadError {
  const names = Object.keys(exports).filter((name) => exports[name] !== undefined)
  const listed = names.length === 0 ? 'nothing' : names.join(', ')
  const wanted =
    exportName === undefined
      ? 'The module exports nothing that holds migrations'
      : `The module's export "${exportName}" holds no migrations`
  const hint = names.includes('up')
    ? 'This is a single migration: name the folder it lies in.'
    : 'Export a record of migrations, a MigrationProvider, or a function from a connection string to a ' +
      `Migrator, as ${usualNames.join(', ')}, or name the export to take.`
  return new LoadError('migrations-not-exported', `${wanted}; it exports ${listed}.`, { hint })
}
