import { glob, statfs } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openBackup } from '../backups/index.ts'
import type { BackupFacts, BackupFile, BackupFormat, MigrationTable } from '../backups/backup-format.ts'
import { chooseEngine } from '../engines/index.ts'
import type { Engine, ServerRequest } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import type { ListedMigration } from '../migrator/protocol.ts'
import type { MigratorOutcome } from '../migrator/outcome.ts'
import type { Plan } from '../plan.ts'
import { clientToolVersion } from '../postgres/client-tools.ts'
import type { Finding } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import { takeBackup } from '../source/take-backup.ts'
import { StageHalt, type Progress, type StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { staleBackup } from './backup-age.ts'
import { missingDown } from './missing-down.ts'
import { listMigrations } from './trace-migrator.ts'

/** A backup that can be restored, and where. */
export interface PreparedBackup {
  readonly file: BackupFile
  readonly format: BackupFormat
  readonly facts: BackupFacts
  readonly engine: Engine
  readonly reason: string
  readonly request: ServerRequest
}

/** A plan found complete and possible. */
export interface Prepared extends PreparedBackup {
  readonly listed: readonly ListedMigration[]
  readonly table: MigrationTable
  /** Absolute, sorted. */
  readonly specFiles: readonly string[]
}

/**
 * Finds out, before anything is started, whether the plan is complete and possible; throws a StageHalt with
 * every problem at once, each with its remedy.
 */
export async function preflight(given: Given, progress: Progress): Promise<StageOutput<Prepared>> {
  const { plan, run } = given
  const problems: HarnessError[] = []
  const attempt = async <Value>(work: Promise<Value>): Promise<Value | undefined> => {
    try {
      return await work
    } catch (error) {
      if (error instanceof StageHalt) problems.push(...error.problems)
      else if (error instanceof HarnessError) problems.push(error)
      else throw error
      return undefined
    }
  }
  progress('reading the backup and the migrations')
  const expected = migrationTable(plan, undefined)
  const listingDone = attempt(listMigrations(given))
  const specsFound = attempt(findSpecs(plan))
  const reading =
    plan.source === undefined
      ? attempt(readBackup(given, expected))
      : Promise.all([listingDone, specsFound]).then(async ([listed, specs]) =>
          // A dump takes long: what else is wrong is found before it.
          listed && specs ? await attempt(readSource(given, plan.source, expected, progress)) : undefined,
        )
  const choosing = reading.then(async (backup) => {
    const major = plan.postgres ?? backup?.facts.serverMajor ?? undefined
    const request = { major, image: plan.image, serverUrl: plan.serverUrl, run }
    const chosen = await attempt(chooseEngine(plan.engine, request))
    return chosen && { ...chosen, request }
  })
  const [opened, chosen, listing, specFiles] = await Promise.all([reading, choosing, listingDone, specsFound])
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
  if (!opened || !facts || !listing || !specFiles || !chosen || problems.length > 0)
    throw new StageHalt(problems)
  const { listed } = listing
  return {
    facts: { ...opened, facts, ...chosen, listed, table, specFiles },
    summary: `${facts.format} backup, ${count(listed.length, 'migration')}, ${count(specFiles.length, 'spec file')}, ${chosen.engine.name}`,
    findings: [
      ...(await staleBackup(opened.file, facts, plan.maxAgeMs)),
      ...missingDowns(listed, facts.appliedMigrations),
      ...majorChange(plan, facts),
    ],
  }
}

/** Finds out what the backup is and holds, reading it to its end. Throws HarnessError. */
export async function readBackup(
  { plan, run }: Pick<Given, 'plan' | 'run'>,
  table: MigrationTable,
): Promise<Pick<Prepared, 'file' | 'format' | 'facts'>> {
  const { file, format } = await openBackup(plan.backup, run.directory)
  return { file, format, facts: await format.describe(file, table, plan.database) }
}

/** Where the backup of a source lies. */
export function sourceBackup({ run }: Pick<Given, 'run'>): string {
  return join(run.directory, 'source')
}

/** Takes a backup of the source into the scratch directory, and reads that. */
async function readSource(
  { plan, run, signal }: Given,
  source: Plan['source'],
  table: MigrationTable,
  progress: Progress,
): Promise<Pick<Prepared, 'file' | 'format' | 'facts'> | undefined> {
  if (source === undefined) return undefined
  const taken = await takeBackup({
    source,
    path: () => sourceBackup({ run }),
    jobs: Math.min(4, availableParallelism()),
    countRows: true,
    run,
    signal,
    onProgress: progress,
  })
  return await readBackup({ plan: { ...plan, backup: taken.path }, run }, table)
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

async function findSpecs(plan: Plan): Promise<string[]> {
  const files = await Array.fromAsync(
    glob([...plan.specs.patterns], { cwd: plan.cwd, exclude: ['**/node_modules/**'] }),
  )
  if (files.length > 0) return files.map((file) => resolve(plan.cwd, file)).toSorted()
  throw new HarnessError(
    'no-specs',
    `No smoke spec matches ${plan.specs.patterns.join(' ')} in ${plan.cwd}.`,
    {
      hint: 'Write one that exercises the app on DATABASE_URL, or say where they are: --specs GLOB.',
    },
  )
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
