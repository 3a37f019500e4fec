import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../errors.ts'
import type { Migration, Provider } from './kysely.ts'
import { LoadError } from './load-error.ts'

/**
 * Reads a folder as Kysely's FileMigrationProvider does: its files with a JavaScript or TypeScript
 * extension in the order of the file system, named without it; subfolders are not read. `ignored` names
 * what was passed over. Throws LoadError naming the file when one cannot be imported.
 */
export function folderProvider(folder: string): Provider & { readonly ignored: Set<string> } {
  const ignored = new Set<string>()
  return {
    ignored,
    async getMigrations() {
      const migrations: Record<string, Migration> = {}
      for (const file of await readdir(folder)) {
        const migration = isCode(file) ? migrationOf(await importFile(join(folder, file))) : undefined
        if (migration === undefined) ignored.add(file)
        else migrations[file.slice(0, file.lastIndexOf('.'))] = migration
      }
      return migrations
    },
  }
}

function isCode(file: string): boolean {
  return /\.[cm]?[jt]s$/.test(file) && !/\.d\.[cm]?ts$/.test(file)
}

async function importFile(path: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
  } catch (error) {
    throw new LoadError('migration-not-loaded', `${path} cannot be imported: ${messageOf(error)}`, {
      hint: 'Fix the error, or set what the file reads from the environment in .env.',
      cause: error,
    })
  }
}

function migrationOf(module: { readonly default?: unknown }): Migration | undefined {
  if (isMigration(module.default)) return module.default
  return isMigration(module) ? module : undefined
}

/** Whether Kysely would take the value for a migration: an object with an `up` function. */
export function isMigration(value: unknown): value is Migration {
  return typeof value === 'object' && value !== null && 'up' in value && typeof value.up === 'function'
}
