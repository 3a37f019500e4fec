import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { openBackup } from '../backups/index.ts'
import { manifestFile, type Manifest } from '../backups/manifest.ts'
import { HarnessError } from '../errors.ts'
import type { CountedRows } from './count-rows.ts'

/** The manifest but for what only the files tell. */
export type Draft = Omit<Manifest, 'tables' | 'files' | 'finishedAt'>

/**
 * Reads the dump in `directory` to its end, as a restore would, compares its rows with those that were counted on the
 * source, and writes the manifest beside it. Throws HarnessError when the dump is not whole.
 */
export async function finishBackup(
  directory: string,
  draft: Draft,
  counted: readonly CountedRows[],
): Promise<Manifest> {
  const { file, format } = await openBackup(directory)
  const { tables, contents } = await format.describe(file, { schema: undefined, name: 'kysely_migration' })
  const rows = new Map(counted.map((table) => [`${table.schema}.${table.name}`, table]))
  const inDump = new Set(tables)
  for (const [table, found] of Object.entries(contents.rows)) {
    const expected = rows.get(table)?.rows ?? found
    if (expected !== found) throw notTheSame(table, expected, found)
  }
  const manifest: Manifest = {
    ...draft,
    finishedAt: new Date().toISOString(),
    tables: counted
      .filter(({ schema, name }) => inDump.has(`${schema}.${name}`))
      .map(({ schema, name, rows: number }) => ({ schema, name, rows: number }))
      .toSorted((one, other) => (`${one.schema}.${one.name}` < `${other.schema}.${other.name}` ? -1 : 1)),
    files: await sumsOf(file.members),
  }
  await write(join(directory, manifestFile), `${JSON.stringify(manifest, undefined, 2)}\n`)
  return manifest
}

type Opened = Awaited<ReturnType<typeof openBackup>>

async function sumsOf(members: Opened['file']['members']): Promise<Manifest['files']> {
  const files: Manifest['files'] = []
  for (const [name, bytes] of members?.sizes ?? []) {
    const hash = createHash('sha256')
    for await (const chunk of members?.open(name) ?? []) hash.update(chunk)
    files.push({ name, bytes, sha256: hash.digest('hex') })
  }
  return files
}

async function write(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function notTheSame(table: string, expected: number, found: number): HarnessError {
  return new HarnessError(
    'backup-rows-differ',
    `The dump has ${found} rows of ${table}, and the server had ${expected} in the same snapshot.`,
    {
      hint: 'Take the backup again; if it stays so, look for filters that pg_dump is given by its environment.',
    },
  )
}
