import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import type { Catalog } from '../catalog/catalog.ts'
import { readCatalog } from '../catalog/read.ts'
import { HarnessError } from '../errors.ts'
import type { Plan } from '../plan.ts'
import { withClient } from '../postgres/client.ts'
import type { RehearseOptions } from '../rehearse.ts'
import { count } from '../reports/text.ts'
import { withRestored, type Restored } from '../restored.ts'
import { migratorTables } from '../stages/baseline.ts'
import { migrationTable } from '../stages/prepare-backup.ts'
import { renderDocument } from './document.ts'
import { dumpSchema } from './dump-schema.ts'
import { renderMigration } from './migration.ts'
import { proveBaseline } from './prove.ts'
import { readSizes } from './read-sizes.ts'
import { replaceSection } from './replace-section.ts'
import { schemaStatements, stableSchema } from './schema-sql.ts'

/** What is wanted, as paths; undefined: not that one. */
export interface BaselineRequest {
  readonly schema: string | undefined
  readonly document: string | undefined
  /** The migration's file, or `auto`: `0000_baseline.ts` in the plan's folder, when no migration is there yet. */
  readonly migration: string | undefined
}

/** A file as it should be; nothing is written here. */
export interface BaselineFile {
  /** Absolute. */
  readonly path: string
  readonly text: string
  /** It is there and has this text already. */
  readonly current: boolean
}

export interface Baseline {
  readonly files: readonly BaselineFile[]
  /** What was not made, and why. */
  readonly notes: readonly string[]
}

/**
 * Restores the plan's backup and describes its schema: as SQL, as a section of a document, and as a Kysely
 * migration that is proved to make exactly this schema. Throws HarnessError when any of it cannot be had.
 */
export async function describeBaseline(
  plan: Plan,
  request: BaselineRequest,
  options: RehearseOptions,
): Promise<Baseline> {
  await refuseOverwriting(plan, request)
  return await withRestored(plan, options, async (restored) => {
    const { server, database, facts } = restored
    const ignoreTables = migratorTables(migrationTable(plan, undefined), plan.migrate.command !== undefined)
    const { catalog, sizes } = await withClient(server.connection(database), async (client) => ({
      catalog: await readCatalog(client, { ignoreTables }),
      sizes: await readSizes(client),
    }))
    const named = plan.backup === '' ? 'a backup' : `the backup ${basename(plan.backup)}`
    const origin = `${named}${facts.createdAt === null ? '' : ` of ${facts.createdAt}`}`
    const dump = stableSchema(await dumpSchema(server, database, ignoreTables))
    const files: BaselineFile[] = []
    if (request.schema !== undefined) files.push(await fileOf(plan.cwd, request.schema, () => dump))
    if (request.document !== undefined) {
      const section = renderDocument({
        catalog,
        sizes,
        origin: `Written by \`rehearse baseline\` from ${origin}.`,
      })
      const name = request.document
      files.push(await fileOf(plan.cwd, name, (text) => replaceSection(text, 'schema', section, name)))
    }
    const path = await migrationPath(plan, request.migration, facts.appliedMigrations ?? [])
    if (typeof path !== 'string') return { files, notes: path.notes }
    const text = migrationText(schemaStatements(dump), catalog, origin, path)
    await proveBaseline({
      given: restored.given,
      restored: { ...restored, ...encodingOf(restored) },
      fileName: basename(path),
      text,
      ignoreTables,
    })
    files.push(await fileOf(plan.cwd, path, () => text))
    return { files, notes: [] }
  })
}

function migrationText(statements: string, catalog: Catalog, origin: string, path: string): string {
  const objects = [...catalog.objects.values()]
  const names = (kind: string) => objects.filter((object) => object.kind === kind).map(({ name }) => name)
  const filled = objects
    .filter(({ kind, attributes }) => kind === 'materialized view' && attributes['populated'] === true)
    .map(({ name }) => name)
  // The dump has views in an order in which each can be made, and so filled.
  const order = (name: string) => statements.indexOf(`CREATE MATERIALIZED VIEW ${name} `)
  const materializedViews = filled.toSorted((one, other) => order(one) - order(other))
  return renderMigration(
    { statements, tables: names('table').toSorted(), materializedViews, origin },
    /\.[cm]?js$/.test(path) ? 'js' : 'ts',
  )
}

function encodingOf({ facts }: Restored): { encoding: string | null } {
  return { encoding: facts.encoding }
}

/** What would only be found out after minutes of restoring. */
async function refuseOverwriting({ cwd }: Plan, { document, migration }: BaselineRequest): Promise<void> {
  if (document !== undefined)
    await fileOf(cwd, document, (text) => replaceSection(text, 'schema', '', document))
  if (migration === undefined || migration === 'auto' || !existsSync(resolve(cwd, migration))) return
  throw new HarnessError(
    'baseline-exists',
    `${migration} is there already, and migrations are never overwritten.`,
    {
      hint: 'Give another name: --migration migrations/0000_baseline.ts',
    },
  )
}

/** Where the migration goes, or why there is none. */
async function migrationPath(
  plan: Plan,
  wanted: string | undefined,
  applied: readonly string[],
): Promise<string | { notes: string[] }> {
  if (wanted === undefined) return { notes: [] }
  if (wanted !== 'auto') return resolve(plan.cwd, wanted)
  const folder = plan.migrations.path
  const there = (await readdir(folder).catch(() => [])).filter((name) => /\.[cm]?[jt]s$/.test(name))
  if (there.length === 0 && applied.length === 0) return join(folder, '0000_baseline.ts')
  const found =
    there.length > 0
      ? `${relative(plan.cwd, folder)} has ${count(there.length, 'migration')}`
      : `the backup has ${count(applied.length, 'applied migration')}`
  const note = `No baseline migration was written: ${found}, and a baseline comes before the first.`
  return { notes: [note] }
}

async function fileOf(cwd: string, name: string, render: (text: string) => string): Promise<BaselineFile> {
  const path = resolve(cwd, name)
  const before = existsSync(path) ? await readFile(path, 'utf8') : ''
  const text = render(before)
  return { path, text, current: text === before }
}
