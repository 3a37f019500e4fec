import { existsSync } from 'node:fs'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { settleDeparse } from '../catalog/canonical.ts'
import type { CatalogDifference } from '../catalog/catalog.ts'
import { diffCatalogs } from '../catalog/diff.ts'
import { readCatalog, type TableName } from '../catalog/read.ts'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Given } from '../stages/given.ts'
import type { Provisioned } from '../stages/provision.ts'
import { traceMigrator } from '../stages/trace-migrator.ts'

export interface ProofRequest {
  readonly given: Given
  readonly restored: Provisioned & { readonly encoding: string | null }
  /** Name of the migration's file, `0000_baseline.ts`. */
  readonly fileName: string
  readonly text: string
  readonly ignoreTables: readonly TableName[]
}

/**
 * Runs a baseline migration with the project's own Kysely, on an empty database and on a copy of the restored
 * one, and compares catalogs. Throws HarnessError `baseline-not-exact` with every object that comes out
 * different, `baseline-failed` when it does not run at all.
 */
export async function proveBaseline({
  given,
  restored,
  fileName,
  text,
  ignoreTables,
}: ProofRequest): Promise<void> {
  const { server, database, encoding } = restored
  const ignored = [...ignoreTables, { schema: undefined, name: record }]
  const folder = join(given.run.directory, 'baseline')
  await mkdir(join(folder, 'migrations'), { recursive: true })
  await symlink(modulesWithKysely(given.plan.cwd), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}\n')
  await writeFile(join(folder, 'migrations', fileName), text)
  const [empty, copy] = [`${database}_empty`, `${database}_copy`]
  try {
    await server.createDatabase(empty, encoding === null ? {} : { encoding })
    await server.cloneDatabase(database, copy)
    for (const [name, where] of [
      [empty, 'in an empty database'],
      [copy, 'in a database that has the schema'],
    ] as const) {
      await run(given, join(folder, 'migrations'), server.connection(name), where)
      const differences = await compare(server.connection(database), server.connection(name), ignored)
      if (differences.length > 0) throw notExact(differences, where)
    }
  } finally {
    await server.dropDatabase(empty)
    await server.dropDatabase(copy)
    await rm(folder, { recursive: true, force: true })
  }
}

/** The `node_modules` from which code in `folder` would load Kysely. */
function modulesWithKysely(folder: string): string {
  const modules = join(folder, 'node_modules')
  if (existsSync(join(modules, 'kysely'))) return modules
  if (folder !== dirname(folder)) return modulesWithKysely(dirname(folder))
  throw new HarnessError(
    'kysely-not-installed',
    'The baseline migration cannot be tried, as Kysely is not installed here.',
    {
      hint: 'Run `npm i kysely`, or write no migration: --no-migration.',
    },
  )
}

/** Of our own, as the copy may have a record of the app's migrations already. */
const record = 'pg_rehearsal_proof'

async function run(given: Given, path: string, connection: Connection, where: string): Promise<void> {
  const migrations = {
    path,
    exportName: undefined,
    tableName: record,
    tableSchema: undefined,
    allowUnordered: false,
  }
  const plan = { ...given.plan, migrations }
  const { outcome } = await traceMigrator(
    { ...given, plan },
    { operation: 'up', steps: 0 },
    connection,
    () => {},
  )
  const problem =
    outcome.error?.message ?? (outcome.ended === 'done' ? undefined : `its process ${outcome.ended}`)
  const kept = outcome.settingsKept.map(({ name }) => name)
  if (problem === undefined && kept.length === 0) return
  throw new HarnessError(
    'baseline-failed',
    `The baseline migration does not run ${where}: ${problem ?? `it leaves ${kept.join(', ')} set`}`,
    {
      hint: 'Nothing was written. Leave the migration out (--no-migration), and report what is named above.',
    },
  )
}

/** Where sequences stand is data; settings of the database are made beside its schema. */
async function compare(
  before: Connection,
  after: Connection,
  ignoreTables: readonly TableName[],
): Promise<CatalogDifference[]> {
  return await withClient(before, (one) =>
    withClient(after, async (other) => {
      const [old, made] = [
        await readCatalog(one, { ignoreTables }),
        await readCatalog(other, { ignoreTables }),
      ]
      const differences = diffCatalogs(old, made).filter(
        ({ kind, attribute }) =>
          attribute !== 'nextValue' &&
          !['database', 'database setting', 'large objects', 'subscription'].includes(kind),
      )
      if (differences.length === 0) return []
      return await settleDeparse(differences, { client: one, catalog: old }, { client: other, catalog: made })
    }),
  )
}

const shown = 20

function notExact(differences: readonly CatalogDifference[], where: string): HarnessError {
  const lines = differences
    .slice(0, shown)
    .map(({ kind, name, change, attribute, before, after }) =>
      change === 'changed'
        ? `${kind} ${name}: ${attribute} is ${after}, not ${before}`
        : `${kind} ${name} is ${change}`,
    )
  const more = differences.length > shown ? `\nand ${differences.length - shown} more` : ''
  return new HarnessError(
    'baseline-not-exact',
    `The baseline migration, run ${where}, does not make the same schema:\n${lines.join('\n')}${more}`,
    {
      hint: 'Nothing was written. Leave the migration out (--no-migration), and report what is named above.',
    },
  )
}
