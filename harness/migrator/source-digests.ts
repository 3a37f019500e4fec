import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { dirname, extname, relative, resolve, sep } from 'node:path'
import type { MigrationSource } from '../plan.ts'
import type { SourceFile } from '../rehearsal.ts'

/**
 * Every file that makes up the migrations, by path from `cwd` with `/`, sorted: all that is in the folder and
 * below it; of a module, itself and the code beside it and in folders there. What they import from elsewhere is
 * not among them.
 */
export async function digestSources(
  { path }: Pick<MigrationSource, 'path'>,
  cwd: string,
): Promise<SourceFile[]> {
  const isModule = extname(path) !== ''
  const root = isModule ? dirname(path) : path
  const found = await Array.fromAsync(
    glob(isModule ? ['*.*', '*/*.*'] : ['**/*'], {
      cwd: root,
      exclude: ['**/node_modules/**'],
      withFileTypes: true,
    }),
  )
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => resolve(entry.parentPath, entry.name))
    .toSorted()
  return await Promise.all(
    files.map(async (file) => ({
      path: relative(cwd, file).split(sep).join('/'),
      sha256: createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    })),
  )
}
