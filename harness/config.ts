import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { configSchema, parseDuration, type Config } from './config-schema.ts'
import { engineNames } from './engines/index.ts'
import { HarnessError, messageOf } from './errors.ts'
import { hazardRules, unknownHazards } from './hazard-rules.ts'
import type { AppPlan, MigrationSource, Plan, ReportTarget } from './plan.ts'
import { parseUrl } from './postgres/url.ts'
import { isReportName, reportNames } from './reports/index.ts'
import { connectionVariables, settings, type RawSettings } from './settings.ts'

const configFileNames = ['rehearsal.config.ts', 'rehearsal.config.js', 'rehearsal.config.json']

const defaults = {
  engine: 'auto',
  migrations: 'migrations',
  specs: ['specs/**/*.{spec,test}.{ts,mts,cts,js,mjs,cjs}'],
  stallTimeout: '30s',
  specTimeout: '10m',
  readyUrl: 'http://127.0.0.1:{port}/',
  readyTimeout: '30s',
} as const

export interface PlanInput {
  readonly cwd: string
  /** What the command line said. */
  readonly flags: RawSettings
  readonly configFile: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * The plan of one rehearsal: flag, else environment, else config file, else default, validated and frozen.
 * Throws a HarnessError that lists every problem at once.
 */
export async function loadPlan({ cwd, flags, configFile, environment }: PlanInput): Promise<Plan> {
  const file = await loadConfigFile(cwd, configFile ?? environment['REHEARSAL_CONFIG'])
  const given: RawSettings = { ...fromEnvironment(environment), ...flags }
  const problems: string[] = []
  const attempt = <Value>(make: () => Value): Value | undefined => {
    try {
      return make()
    } catch (error) {
      problems.push(messageOf(error))
      return undefined
    }
  }
  const backup = one(given.backup) ?? file.backup
  if (backup === undefined)
    problems.push('no backup is given: use --backup PATH, REHEARSAL_BACKUP or `backup` in the config file')
  const engine = attempt(() => engineOf(one(given.engine) ?? file.engine ?? defaults.engine))
  const postgres = attempt(() => majorOf(one(given.postgres) ?? file.postgres))
  const reports = attempt(() => reportsOf(cwd, given.reports, file.reports))
  const stallTimeoutMs = attempt(() =>
    parseDuration(one(given.stallTimeout) ?? file.migrate?.stallTimeout ?? defaults.stallTimeout),
  )
  const specTimeoutMs = attempt(() =>
    parseDuration(one(given.specTimeout) ?? file.specTimeout ?? defaults.specTimeout),
  )
  const maxAge = one(given.maxAge) ?? file.maxAge
  const maxAgeMs = maxAge === undefined ? undefined : attempt(() => parseDuration(maxAge))
  const serverUrl = one(given.serverUrl) ?? file.serverUrl
  const protectedUrls = protectedUrlsOf(environment)
  attempt(() => refuseProtectedServer(serverUrl, protectedUrls))
  problems.push(...unknownHazards(file.hazards))
  const commands = {
    command: one(given.migrateCommand) ?? file.migrate?.command,
    rollbackCommand: one(given.rollbackCommand) ?? file.migrate?.rollbackCommand,
  }
  if (commands.command === undefined && commands.rollbackCommand !== undefined)
    problems.push('a rollback command is given without a migrate command: use --migrate-command COMMAND')
  if (problems.length > 0 || backup === undefined) throw invalid(problems)
  return Object.freeze<Plan>({
    cwd,
    backup: resolve(cwd, backup),
    database: one(given.database) ?? file.database,
    maxAgeMs,
    engine: engine ?? 'auto',
    postgres,
    image: one(given.image) ?? file.image,
    serverUrl,
    migrations: migrationSource(cwd, one(given.migrations) ?? file.migrations ?? defaults.migrations),
    migrate: { stallTimeoutMs: stallTimeoutMs ?? 0, ...commands },
    hazards: hazardRules(file.hazards),
    allowedDataChanges: file.allowedDataChanges ?? [],
    specs: {
      patterns:
        many(given.specs) ?? (typeof file.specs === 'string' ? [file.specs] : file.specs) ?? defaults.specs,
      timeoutMs: specTimeoutMs ?? 0,
      mochaArguments: file.mochaArguments ?? [],
    },
    app: appOf(given, file),
    reports: reports ?? [],
    keep:
      given.keep === undefined
        ? (file.keep ?? false)
        : !['', '0', 'false', 'no'].includes(String(given.keep)),
    protectedUrls,
  })
}

async function loadConfigFile(cwd: string, name: string | undefined): Promise<Config> {
  const path =
    name === undefined ? configFileNames.map((it) => resolve(cwd, it)).find(existsSync) : resolve(cwd, name)
  if (path === undefined) return {}
  if (!existsSync(path)) throw invalid([`the config file ${path} does not exist`])
  let content: unknown
  try {
    const loaded = await import(
      pathToFileURL(path).href,
      path.endsWith('.json') ? { with: { type: 'json' } } : {}
    )
    content = loaded.default
  } catch (error) {
    throw invalid([`${path} could not be loaded: ${messageOf(error)}`])
  }
  const parsed = configSchema.safeParse(content)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.map((issue) => `${path}: ${describeIssue(issue)}`))
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path.length === 0 ? 'the file' : `\`${issue.path.join('.')}\``
  return `${where}: ${issue.message}`
}

function fromEnvironment(environment: PlanInput['environment']): RawSettings {
  const given: RawSettings = {}
  for (const setting of settings) {
    const value = environment[setting.variable]
    if (value === undefined || value === '') continue
    given[setting.key] = 'list' in setting ? value.split(',').map((item) => item.trim()) : value
  }
  return given
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.at(-1)
}

function many(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value
}

function engineOf(name: string): Plan['engine'] {
  if (name === 'auto') return name
  const known = engineNames.find((it) => it === name)
  if (known === undefined)
    throw new Error(`engine ${JSON.stringify(name)} is none of auto, ${engineNames.join(', ')}`)
  return known
}

function majorOf(value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined
  const major = Number(value)
  if (!Number.isInteger(major) || major < 12 || major > 99) {
    throw new Error(`postgres ${JSON.stringify(value)} is not a major version such as 17`)
  }
  return major
}

function reportsOf(cwd: string, given: RawSettings['reports'], file: Config['reports']): ReportTarget[] {
  const pairs = many(given)?.map((text) => {
    const [name = '', ...rest] = text.split('=')
    return [name, rest.join('=')] as const
  })
  return (pairs ?? Object.entries(file ?? {})).map(([name, path]) => {
    if (!isReportName(name))
      throw new Error(`report ${JSON.stringify(name)} is none of ${reportNames.join(', ')}`)
    if (path === undefined || path === '')
      throw new Error(`report ${name} needs a path: --report ${name}=PATH`)
    return { name, path: path === '-' ? '-' : resolve(cwd, path) }
  })
}

function migrationSource(cwd: string, given: NonNullable<Config['migrations']>): MigrationSource {
  const settings = typeof given === 'string' ? splitExport(given) : given
  const path = resolve(cwd, settings.path)
  return {
    path,
    exportName: settings.export,
    tableName: settings.tableName,
    tableSchema: settings.tableSchema,
    allowUnordered: settings.allowUnordered ?? false,
  }
}

/** `path#export`, unless a file of that whole name exists. */
function splitExport(text: string): Exclude<NonNullable<Config['migrations']>, string> {
  const hash = text.lastIndexOf('#')
  if (hash < 1 || statSync(text, { throwIfNoEntry: false }) !== undefined) return { path: text }
  return { path: text.slice(0, hash), export: text.slice(hash + 1) }
}

function appOf(given: RawSettings, file: Config): AppPlan | undefined {
  const command = one(given.appCommand) ?? file.app?.command
  if (command === undefined) return undefined
  return {
    command,
    readyUrl: one(given.appReadyUrl) ?? file.app?.readyUrl ?? defaults.readyUrl,
    readyTimeoutMs: parseDuration(file.app?.readyTimeout ?? defaults.readyTimeout),
  }
}

function protectedUrlsOf(environment: PlanInput['environment']): Record<string, string> {
  const urls: Record<string, string> = {}
  for (const { variable, protected: isProtected } of connectionVariables) {
    const value = environment[variable]
    if (isProtected && value !== undefined && value !== '') urls[variable] = value
  }
  return urls
}

function refuseProtectedServer(serverUrl: string | undefined, protectedUrls: Record<string, string>): void {
  const target = serverUrl === undefined ? undefined : parseUrl(serverUrl)
  if (serverUrl !== undefined && target === undefined)
    throw new Error('REHEARSAL_SERVER_URL is not a postgres URL')
  for (const [variable, url] of Object.entries(protectedUrls)) {
    const server = parseUrl(url)
    if (server !== undefined && server.host === target?.host && server.port === target.port) {
      throw new Error(`REHEARSAL_SERVER_URL names the same server as ${variable}; rehearsals never run there`)
    }
  }
}

function invalid(problems: readonly string[]): HarnessError {
  const list =
    problems.length === 1 ? problems[0] : `\n${problems.map((problem) => `  - ${problem}`).join('\n')}`
  return new HarnessError('invalid-plan', `The plan is not valid: ${list}`, {
    hint: 'See `rehearse run --help` and docs/configuration.md.',
  })
}
