import { glob } from 'node:fs/promises'
import { basename, dirname, extname, relative, sep } from 'node:path'
import type { MigrationSource } from '../plan.ts'
import type { MigrationFile } from '../rehearsal.ts'

/**
 * The files of the named migrations, by path from `cwd` with `/`. A folder's are known. Of a module only those are
 * told whose name one file alone has, beside the module or in a folder there; the rest is left out.
 */
export async function findMigrationFiles(
  { path }: Pick<MigrationSource, 'path'>,
  names: readonly string[],
  cwd: string,
): Promise<MigrationFile[]> {
  const isModule = extname(path) !== ''
  const root = isModule ? dirname(path) : path
  const patterns = isModule ? ['*.{js,ts,cjs,cts,mjs,mts}', '*/*.{js,ts,cjs,cts,mjs,mts}'] : ['*.*']
  const found = await Array.fromAsync(glob(patterns, { cwd: root, exclude: ['node_modules'] }))
  return names.flatMap((name) => {
    const files = found.filter((file) => basename(file, extname(file)) === name && isCode(file))
    const [file] = files
    if (file === undefined || files.length > 1) return []
    return [{ name, path: [relative(cwd, root), file].join(sep).split(sep).filter(Boolean).join('/') }]
  })
}

const isCode = (file: string): boolean => /\.[cm]?[jt]s$/.test(file)
