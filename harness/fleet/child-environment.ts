import { join } from 'node:path'
import type { Config } from '../config-schema.ts'
import { HarnessError } from '../errors.ts'
import { settings } from '../settings.ts'
import type { FleetDatabase } from './fleet.ts'

/**
 * The environment of a database's rehearsal: `environment`, with the database's own variables filled in, and without
 * those that would beat its settings, as one that holds for every database must not. A certificate
 * that is asked for goes to `directory`. Throws HarnessError
 * `fleet-variable-missing`.
 */
export function childEnvironment(
  { name, settings: own, environment: renamed = {} }: FleetDatabase,
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
): Record<string, string> {
  const child: Record<string, string> = {}
  for (const [variable, value] of Object.entries(environment))
    if (value !== undefined) child[variable] = value
  // Empty and not away, as `.env` fills in what is away.
  for (const { key, variable } of settings) if (isSaid(own, key)) child[variable] = ''
  // One path cannot be that of many databases.
  if (child[certificateVariable]) child[certificateVariable] = join(directory, 'certificate.json')
  for (const [variable, from] of Object.entries(renamed)) {
    const value = environment[from]
    if (value === undefined || value === '') throw missing(name, variable, from)
    child[variable] = value
  }
  return child
}

const certificateVariable = 'REHEARSAL_CERTIFICATE'

const input = ({ backup, source }: Config): unknown => backup ?? source

/** Where in the config a setting is that is not there by its own name. */
export const places: Readonly<Record<string, (config: Config) => unknown>> = {
  backup: input,
  source: input,
  backupCommand: input,
  pgbackrestConfig: (config) => within(config, 'pgbackrest', 'config'),
  pgbackrestDirectory: (config) => within(config, 'pgbackrest', 'directory'),
  migrateCommand: ({ migrate }) => migrate?.command,
  rollbackCommand: ({ migrate }) => migrate?.rollbackCommand ?? migrate?.command,
  stallTimeout: ({ migrate }) => migrate?.stallTimeout,
  appCommand: ({ app }) => app?.command,
  appReadyUrl: ({ app }) => app?.readyUrl,
  requireMasking: ({ masking }) => masking?.requireMasking,
  certificate: ({ certificate }) => certificate?.path,
  reportUrl: ({ notify }) => notify?.link,
}

/** What only a variable can say. */
export const ofVariablesAlone: readonly string[] = ['webhookUrl', 'maskingSalt']

function isSaid(own: Config, key: string): boolean {
  const place = places[key]
  const value = place === undefined ? within(own, key) : place(own)
  return value !== undefined
}

/** Also of keys that the schema may have or not. */
function within(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)
}

function missing(database: string, variable: string, from: string): HarnessError {
  return new HarnessError(
    'fleet-variable-missing',
    `${from}, which ${variable} of the database ${database} is taken from, is not set.`,
    { hint: `Set ${from} (in .env, say), or name another variable in the fleet file.` },
  )
}
