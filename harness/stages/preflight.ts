import { glob, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import type { BackupFacts, BackupFile, BackupFormat, MigrationTable } from '../backups/backup-format.ts'
import type { DataDirectory } from '../engines/data-directory.ts'
import { chooseEngine } from '../engines/index.ts'
import type { Engine, ServerRequest } from '../engines/engine.ts'
import { HarnessError, HarnessErrors } from '../errors.ts'
import { commandLabel } from '../migrator/command-label.ts'
import type { ListedMigration } from '../migrator/protocol.ts'
import type { MigratorOutcome } from '../migrator/outcome.ts'
import { originOf } from '../origins/index.ts'
import type { Plan } from '../plan.ts'
import { clientToolVersion } from '../postgres/client-tools.ts'
import type { Finding } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { staleBackup } from './backup-age.ts'
import { missingDown, missingRollbackCommand } from './missing-down.ts'
import { missingManifest } from './missing-manifest.ts'
import { refuseCommands } from './refuse-commands.ts'
import { readBackup, readSource } from './read-backup.ts'
import { readConfiguration, type Configuration } from './server-settings.ts'
import { listMigrations } from './trace-migrator.ts'

/** A backup that can be restored, and the engine to do it on. */
export interface PreparedBackup {
  readonly file: BackupFile
  readonly format: BackupFormat
  readonly facts: BackupFacts
  readonly engine: Engine
  readonly reason: string
  readonly request: ServerRequest
  /** Production's, where it is given. */
  readonly configuration: Configuration | null
}

/** A plan found complete and possible. */
export interface Prepared extends PreparedBackup {
  readonly listed: readonly ListedMigration[]
  readonly table: MigrationTable
  /** Absolute, sorted. */
  readonly specFiles: readonly string[]
}

/**
 * Finds out, before anything is restored, whether the plan is complete and possible; throws HarnessErrors with
 * every problem at once, each with its remedy. `onBackup` hears of the backup once it is known to be possible, while
 * the migrations are still being listed.
 */
export async function preflight(
  given: Given,
  progress: Progress,
  onBackup: (backup: PreparedBackup) => void = () => {},
): Promise<StageOutput<Prepared>> {
  const { plan, run } = given
  const problems: HarnessError[] = []
  const attempt = async <Value>(work: Promise<Value>): Promise<Value | undefined> => {
    try {
      return await work
    } catch (error) {
      if (error instanceof HarnessErrors) problems.push(...error.problems)
      else if (error instanceof HarnessError) problems.push(error)
      else throw error
      return undefined
    }
  }
  progress('reading the backup and the migrations')
  const expected = migrationTable(plan, undefined)
  const listingDone = attempt(listed(given))
  const specsFound = attempt(findSpecs(plan, plan.specs.patterns))
  const read = async () =>
    plan.source === undefined
      ? await readBackup(given, expected, progress)
      : await readSource(given, plan.source, expected, progress)
  const reading =
    plan.source === undefined && originOf(plan).inPlace
      ? attempt(read())
      : Promise.all([listingDone, specsFound]).then(async ([listed, specs]) =>
          // A dump takes long: what else is wrong is found before it.
          listed && specs ? await attempt(read()) : undefined,
        )
  const choosing = reading.then(async (backup) => {
    const major = plan.postgres ?? backup?.facts.serverMajor ?? undefined
    const data = backup && (await attempt(dataOf(backup, plan)))
    const productionIdentifier = backup?.facts.systemIdentifier ?? null
    const { image, serverUrl, storageHook } = plan
    const request = { major, image, serverUrl, storageHook, productionIdentifier, run, data }
    const chosen = await attempt(chooseEngine(plan.engine, request))
    return chosen && { ...chosen, request }
  })
  const configuring = reading.then(async (backup) => await attempt(readConfiguration(plan, backup?.facts)))
  const possible = async () => {
    const [backup, engine, settings] = await Promise.all([reading, choosing, configuring])
    if (backup && engine && settings !== undefined && problems.length === 0)
      onBackup({ ...backup, ...engine, configuration: settings })
  }
  const [opened, chosen, configuration, listing, specFiles] = await Promise.all([
    reading,
    choosing,
    configuring,
    listingDone,
    specsFound,
    possible(),
  ])
  const table = migrationTable(plan, listing?.loaded)
  // Only now is it known that the app keeps its record elsewhere.
  const isElsewhere = table.name !== expected.name || table.schema !== expected.schema
  const facts =
    opened && isElsewhere
      ? await attempt(opened.format.describe(opened.file, table, plan.database))
      : opened?.facts
  if (opened && facts && chosen && chosen.engine.name !== 'docker') {
    await attempt(opened.format.checkTools(facts, clientToolVersion))
  }
  if (opened && facts) await attempt(enoughDisk(opened.file, facts.compression !== 'none'))
  if (
    !opened ||
    !facts ||
    !listing ||
    !specFiles ||
    !chosen ||
    configuration === undefined ||
    problems.length > 0
  )
    throw new HarnessErrors(problems)
  const { listed: migrations } = listing
  const { command } = plan.migrate
  const what =
    command === undefined ? count(migrations.length, 'migration') : `migrations by ${commandLabel(command)}`
  return {
    facts: { ...opened, facts, ...chosen, listed: migrations, table, configuration, specFiles },
    summary: `${facts.format} backup, ${what}, ${count(specFiles.length, 'spec file')}, ${chosen.engine.name}`,
    findings: [
      ...staleBackup(opened.file, facts, plan),
      ...missingDowns(migrations, facts.appliedMigrations),
      ...missingRollbackCommand(plan),
      ...majorChange(plan, facts),
      ...missingManifest(opened.file, facts),
    ],
  }
}

/** Other migrators cannot be asked beforehand: what is pending shows in their own table, once they have run. */
async function listed(
  given: Given,
): Promise<Pick<MigratorOutcome, 'listed'> & Partial<Pick<MigratorOutcome, 'loaded'>>> {
  if (given.plan.migrate.command === undefined) return listMigrations(given)
  refuseCommands(given.plan)
  return { listed: [] }
}

/** As much of it as a copy of the backup needs. Throws HarnessError for what is missing. */
export async function prepareBackup(given: Given, progress: Progress): Promise<PreparedBackup> {
  const { plan, run } = given
  const { file, format, facts } = await readBackup(given, migrationTable(plan, undefined), progress)
  const { image, serverUrl, storageHook } = plan
  const major = plan.postgres ?? facts.serverMajor ?? undefined
  const data = await dataOf({ file, format, facts }, plan)
  const request = {
    major,
    image,
    serverUrl,
    storageHook,
    productionIdentifier: facts.systemIdentifier,
    run,
    data,
  }
  const chosen = await chooseEngine(plan.engine, request)
  if (chosen.engine.name !== 'docker') await format.checkTools(facts, clientToolVersion)
  const configuration = (await readConfiguration(plan, facts)) ?? null
  return { file, format, facts, ...chosen, request, configuration }
}

/** Of a base backup; nothing of what is loaded. */
export async function dataOf(
  { file, format, facts }: Pick<Prepared, 'file' | 'format' | 'facts'>,
  { postgres }: Plan,
): Promise<DataDirectory | undefined> {
  const data = format.dataDirectory?.(file, facts)
  if (data === undefined || postgres === undefined || postgres === data.major) return data
  throw new HarnessError(
    'basebackup-major',
    `The base backup is of Postgres ${data.major} and starts on no other, also not on ${postgres}.`,
    { hint: 'Leave out --postgres; to rehearse a major upgrade, give a dump (pg_dump).' },
  )
}

/** The Migrator's table as the app configures it, else as the plan says, else Kysely's own. */
export function migrationTable(
  { migrations }: Plan,
  loaded: MigratorOutcome['loaded'] | undefined,
): MigrationTable {
  return {
    schema: loaded?.tableSchema ?? migrations.tableSchema,
    name: loaded?.table ?? migrations.tableName ?? 'kysely_migration',
  }
}

/** Absolute paths of the spec files, sorted. Throws HarnessError `no-specs`. */
export async function findSpecs(plan: Pick<Plan, 'cwd'>, patterns: readonly string[]): Promise<string[]> {
  const files = await Array.fromAsync(glob([...patterns], { cwd: plan.cwd, exclude: ['**/node_modules/**'] }))
  if (files.length > 0) return files.map((file) => resolve(plan.cwd, file)).toSorted()
  throw new HarnessError('no-specs', `No smoke spec matches ${patterns.join(' ')} in ${plan.cwd}.`, {
    hint: 'Write one that exercises the app on DATABASE_URL, or say where they are: --specs GLOB.',
  })
}

/**
 * Throws HarnessError `disk-too-small`. It takes restored data and a pristine clone of it; compressed dumps unpack to some 10 times their size
 * with indexes.
 */
export async function enoughDisk(file: BackupFile, compressed: boolean): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir())
  const free = bavail * bsize
  const needed = file.bytes * (compressed ? 20 : 5)
  if (free >= needed) return
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`
  throw new HarnessError(
    'disk-too-small',
    `Restoring ${file.path} may need ${gigabytes(needed)} and ${tmpdir()} has ${gigabytes(free)} free.`,
    { hint: 'Free some space, or set TMPDIR to a directory on a larger disk.' },
  )
}

function missingDowns(listed: readonly ListedMigration[], applied: readonly string[] | null): Finding[] {
  if (applied === null) return []
  return listed
    .filter((migration) => !applied.includes(migration.name) && !migration.hasDown)
    .map((migration) => missingDown(migration.name))
}

/** The warning that the backup is not rehearsed on its own major version. */
export function majorChange(plan: Plan, { serverMajor }: BackupFacts): Finding[] {
  if (plan.postgres === undefined || serverMajor === null || plan.postgres === serverMajor) return []
  return [
    {
      id: 'major-version-changed',
      severity: 'warning',
      subject: `Postgres ${plan.postgres}`,
      message: `The backup is of Postgres ${serverMajor} and was rehearsed on ${plan.postgres}, as asked.`,
      remedy: 'Leave `postgres` out to rehearse on the version that production runs.',
    },
  ]
}
