import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { invalid, loadConfigFile } from './config-file.ts'
import { parseDuration, type Config } from './config-schema.ts'
import { engineOf, majorOf, many, one, questionsOf, reportsOf, switchOf } from './config-values.ts'
import { messageOf } from './errors.ts'
import { hazardRules, unknownHazards } from './hazard-rules.ts'
import type { AppPlan, MigrationSource, Plan } from './plan.ts'
import { protectedSource, protectedUrlsOf, refuseProtectedServer } from './protected-urls.ts'
import type { QuestionName } from './rehearsal.ts'
import { chooseSource } from './source-setting.ts'
import { settings, type RawSettings } from './settings.ts'

const defaults = {
  engine: 'auto',
  migrations: 'migrations',
  specs: ['specs/**/*.{spec,test}.{ts,mts,cts,js,mjs,cjs}'],
  stallTimeout: '30s',
  specTimeout: '10m',
  readyUrl: 'http://127.0.0.1:{port}/',
  readyTimeout: '30s',
  questions: ['locks'] satisfies QuestionName[],
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
  const source = attempt(() => chooseSource({ flags, environment, file }))
  const backup = source === undefined ? (one(given.backup) ?? file.backup) : ''
  if (backup === undefined && problems.length === 0)
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
  const questions = attempt(() => questionsOf(many(given.ask) ?? file.ask ?? defaults.questions))
  const maxAge = one(given.maxAge) ?? file.maxAge
  const maxAgeMs = maxAge === undefined ? undefined : attempt(() => parseDuration(maxAge))
  const serverUrl = one(given.serverUrl) ?? file.serverUrl
  const protectedUrls = { ...protectedUrlsOf(environment), ...protectedSource(source) }
  attempt(() => refuseProtectedServer(serverUrl, protectedUrls))
  problems.push(...unknownHazards(file.hazards))
  if (problems.length > 0 || backup === undefined) throw invalid(problems)
  return Object.freeze<Plan>({
    cwd,
    backup: source === undefined ? resolve(cwd, backup) : '',
    source,
    database: one(given.database) ?? file.database,
    maxAgeMs,
    engine: engine ?? 'auto',
    postgres,
    image: one(given.image) ?? file.image,
    serverUrl,
    migrations: migrationSource(cwd, one(given.migrations) ?? file.migrations ?? defaults.migrations),
    migrate: { stallTimeoutMs: stallTimeoutMs ?? 0 },
    hazards: hazardRules(file.hazards),
    questions: questions ?? [],
    allowedDataChanges: file.allowedDataChanges ?? [],
    specs: {
      patterns:
        many(given.specs) ?? (typeof file.specs === 'string' ? [file.specs] : file.specs) ?? defaults.specs,
      timeoutMs: specTimeoutMs ?? 0,
      mochaArguments: file.mochaArguments ?? [],
    },
    app: appOf(given, file),
    reports: reports ?? [],
    amcheck: switchOf(given.amcheck, file.amcheck),
    keep: switchOf(given.keep, file.keep),
    protectedUrls,
  })
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
