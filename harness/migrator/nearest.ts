import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The nearest directory from `folder` upwards that holds `file`. */
export function nearest(file: string, folder: string): string | undefined {
  if (existsSync(join(folder, file))) return folder
  const parent = dirname(folder)
  return parent === folder ? undefined : nearest(file, parent)
}
