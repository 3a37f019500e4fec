import type { BackupFacts, BackupFile, BackupFormat, MigrationTable } from '../backups/backup-format.ts'
import type { DataDirectory } from '../engines/data-directory.ts'
import type { Engine, ServerRequest } from '../engines/engine.ts'
import { chooseEngine } from '../engines/index.ts'
import { HarnessError } from '../errors.ts'
import type { MigratorOutcome } from '../migrator/outcome.ts'
import type { Plan } from '../plan.ts'
import { clientToolVersion } from '../postgres/client-tools.ts'
import type { Finding } from '../rehearsal.ts'
import type { Progress } from '../stage.ts'
import type { Given } from './given.ts'
import { readBackup, type OpenBackup } from './read-backup.ts'
import { readConfiguration, type Configuration } from './server-settings.ts'

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

/** Reads the backup and chooses its engine, as a copy of it needs them. Throws HarnessError for what is missing. */
export async function prepareBackup(given: Given, progress: Progress): Promise<PreparedBackup> {
  const { plan } = given
  const backup = await readBackup(given, migrationTable(plan, undefined), progress)
  const request = serverRequest(given, backup.facts, await dataOf(backup, plan))
  const chosen = await chooseEngine(plan.engine, request)
  if (chosen.engine.name !== 'docker') await backup.format.checkTools(backup.facts, clientToolVersion)
  const configuration = (await readConfiguration(plan, backup.facts)) ?? null
  return { ...backup, ...chosen, request, configuration }
}

/** The server that the plan and the backup ask for; without `facts`, what the plan alone says of it. */
export function serverRequest(
  { plan: { postgres, image, serverUrl, storageHook }, run }: Given,
  facts: BackupFacts | undefined,
  data: DataDirectory | undefined,
): ServerRequest {
  const major = postgres ?? facts?.serverMajor ?? undefined
  const productionIdentifier = facts?.systemIdentifier ?? null
  return { major, image, serverUrl, storageHook, productionIdentifier, run, data }
}

/** Of a base backup; nothing of what is loaded. */
export async function dataOf(
  { file, format, facts }: OpenBackup,
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
