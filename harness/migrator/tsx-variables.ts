import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { nearest } from './nearest.ts'

/** tsx takes `paths` and the like from the tsconfig.json nearest to the migrations. */
export async function tsxVariables(path: string): Promise<Record<string, string>> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  const folder = nearest('tsconfig.json', isFolder ? path : dirname(path))
  return folder === undefined ? {} : { TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') }
}
