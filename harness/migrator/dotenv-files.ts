import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'dotenv'

/**
 * The variables of each `.env*` file in `folder`, in the order of their names; templates such as
 * `.env.example` are left out. Empty when the folder has none or cannot be read.
 */
export async function readDotenvFiles(folder: string): Promise<Record<string, string>[]> {
  const names = await readdir(folder).catch(() => [])
  const files = names.filter(
    (name) => /^\.env(?:\.|$)/.test(name) && !/\.(?:example|sample|template|dist)$/.test(name),
  )
  const texts = await Promise.all(
    files.toSorted().map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
  )
  return texts.map((text) => parse(text))
}
