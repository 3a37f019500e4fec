import { glob } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { MigrationTable } from '../backups/backup-format.ts'
import { chooseEngine } from '../engines/index.ts'
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
import { dataOf, majorChange, migrationTable, serverRequest, type PreparedBackup } from './prepare-backup.ts'
import { readBackup, readSource } from './read-backup.ts'
import { readConfiguration } from './server-settings.ts'
import { listMigrations } from './trace-migrator.ts'

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
  const { plan } = given
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
    const data = backup && (await attempt(dataOf(backup, plan)))
    const request = serverRequest(given, backup?.facts, data)
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

/** Absolute paths of the spec files, sorted. Throws HarnessError `no-specs`. */
export async function findSpecs(plan: Pick<Plan, 'cwd'>, patterns: readonly string[]): Promise<string[]> {
  const files = await Array.fromAsync(glob([...patterns], { cwd: plan.cwd, exclude: ['**/node_modules/**'] }))
  if (files.length > 0) return files.map((file) => resolve(plan.cwd, file)).toSorted()
  throw new HarnessError('no-specs', `No smoke spec matches ${patterns.join(' ')} in ${plan.cwd}.`, {
    hint: 'Write one that exercises the app on DATABASE_URL, or say where they are: --specs GLOB.',
  })
}

function missingDowns(listed: readonly ListedMigration[], applied: readonly string[] | null): Finding[] {
  if (applied === null) return []
  return listed
    .filter((migration) => !applied.includes(migration.name) && !migration.hasDown)
    .map((migration) => missingDown(migration.name))
}
