import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { budgetsOf } from './config-budgets.ts'
import { invalid, loadConfigFile } from './config-file.ts'
import { historyOf } from './config-history.ts'
import { withLayer } from './config-layer.ts'
import { notifyOf } from './config-notify.ts'
import { parseDuration, type Config } from './config-schema.ts'
import {
  engineOf,
  majorOf,
  parallelOf,
  many,
  maskingOf,
  one,
  probeProblems,
  questionsOf,
  reportsOf,
  sampleSizeOf,
  sizeOf,
  snapshotModeOf,
  switchOf,
} from './config-values.ts'
import { gatePolicy } from './certificate-policy.ts'
import { signingKey } from './certificate/keys.ts'
import { messageOf } from './errors.ts'
import { productionFacts } from './production-facts.ts'
import { hazardRules, unknownHazards } from './hazard-rules.ts'
import type { AppPlan, MigrationSource, Plan, PreviousRelease } from './plan.ts'
import { protectedSource, protectedUrlsOf, refuseProtectedServer } from './protected-urls.ts'
import type { QuestionName } from './rehearsal.ts'
import { backupPlace, pgbackrestOf } from './backup-place.ts'
import { chooseBackup } from './source-setting.ts'
import type { RawSettings } from './raw-settings.ts'
import { settings } from './settings.ts'
import { trafficOf } from './traffic-config.ts'

const defaults = {
  engine: 'auto',
  migrations: 'migrations',
  specs: ['specs/**/*.{spec,test}.{ts,mts,cts,js,mjs,cjs}'],
  stallTimeout: '30s',
  specTimeout: '10m',
  readyUrl: 'http://127.0.0.1:{port}/',
  readyTimeout: '30s',
  crashLimit: 60,
  snapshots: 'auto',
  snapshotsMaxSize: '50GB',
  questions: ['locks'] satisfies QuestionName[],
} as const

export interface PlanInput {
  readonly cwd: string
  /** What the command line said. */
  readonly flags: RawSettings
  readonly configFile: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** False for what rehearses nothing; `backup` may then be empty. */
  readonly needsBackup?: boolean
}

/**
 * The plan of one rehearsal: flag, else environment, else config file, else default, validated and frozen.
 * Throws a HarnessError that lists every problem at once.
 */
export async function loadPlan({
  cwd,
  flags,
  configFile,
  environment,
  needsBackup = true,
}: PlanInput): Promise<Plan> {
  const found = await loadConfigFile(cwd, configFile ?? environment['REHEARSAL_CONFIG'])
  const file = await withLayer(found, environment, cwd)
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
  const chosen = attempt(() => chooseBackup({ flags, environment, file })) ?? {}
  const { source, backup, command: backupCommand } = chosen
  const pgbackrest = attempt(() => pgbackrestOf(cwd, { given, file, backup }))
  if (Object.keys(chosen).length === 0 && needsBackup && problems.length === 0)
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
  const asked = many(given.ask) ?? file.ask ?? defaults.questions
  const byCommand = (one(given.migrateCommand) ?? file.migrate?.command) !== undefined
  const questions = attempt(() => questionsOf(asked, byCommand))
  if (file.deployOrder === 'code-first' && file.readSpecs === undefined)
    problems.push('deployOrder is code-first, yet readSpecs does not say which specs only read')
  const certificate = one(given.certificate) ?? file.certificate?.path
  if (certificate !== undefined && needsBackup) attempt(() => signingKey(environment))
  const gate = attempt(() => gatePolicy(file.certificate))
  const snapshotMode = attempt(() =>
    snapshotModeOf(one(given.snapshots) ?? file.snapshots ?? defaults.snapshots),
  )
  const snapshotBytes = attempt(() =>
    sizeOf(one(given.snapshotsMaxSize) ?? file.snapshotsMaxSize ?? defaults.snapshotsMaxSize),
  )
  const sampleAbove = one(given.sampleAbove) ?? file.sampleAbove
  const sampleAboveBytes = sampleAbove === undefined ? undefined : attempt(() => sampleSizeOf(sampleAbove))
  const parallel = attempt(() => parallelOf(one(given.parallel) ?? file.parallel))
  const hold = one(given.hold) ?? file.hold
  const holdMs = hold === undefined ? undefined : attempt(() => parseDuration(hold))
  const traffic = attempt(() => trafficOf(cwd, file.traffic)) ?? null
  problems.push(...probeProblems({ questions, holdMs, traffic, stallTimeoutMs }))
  const maxAge = one(given.maxAge) ?? file.maxAge
  const maxAgeMs = maxAge === undefined ? undefined : attempt(() => parseDuration(maxAge))
  const masking = attempt(() => maskingOf(file.masking, given))
  const serverUrl = one(given.serverUrl) ?? file.serverUrl
  const protectedUrls = { ...protectedUrlsOf(environment), ...protectedSource(source) }
  attempt(() => refuseProtectedServer(serverUrl, protectedUrls))
  const history = attempt(() =>
    historyOf({ cwd, given: one(given.history), file: file.history, environment, protectedUrls }),
  )
  const notify = attempt(() =>
    notifyOf({ webhookUrl: one(given.webhookUrl), reportUrl: one(given.reportUrl), file: file.notify }),
  )
  const budgets = attempt(() => budgetsOf(file.budgets))
  problems.push(...unknownHazards(file.hazards))
  const commands = {
    command: one(given.migrateCommand) ?? file.migrate?.command,
    rollbackCommand: one(given.rollbackCommand) ?? file.migrate?.rollbackCommand,
  }
  if (commands.command === undefined && commands.rollbackCommand !== undefined)
    problems.push('a rollback command is given without a migrate command: use --migrate-command COMMAND')
  const storageHook = one(given.storageHook) ?? file.storageHook
  if (storageHook !== undefined && engine !== 'embedded')
    problems.push('a storage hook is for the embedded engine: use --engine embedded')
  if (problems.length > 0 || history === undefined) throw invalid(problems)
  return Object.freeze<Plan>({
    cwd,
    backup: backupPlace(cwd, backup),
    backupCommand,
    pgbackrest: pgbackrest ?? { config: undefined, directory: undefined, targetTime: undefined },
    source,
    database: one(given.database) ?? file.database,
    maxAgeMs,
    engine: engine ?? 'auto',
    postgres,
    image: one(given.image) ?? file.image,
    serverUrl,
    postgresqlConf: pathOf(cwd, one(given.postgresqlConf) ?? file.postgresqlConf),
    snapshots: { mode: snapshotMode ?? 'auto', maxBytes: snapshotBytes ?? 0 },
    parallel,
    sampleAboveBytes,
    storageHook,
    migrations: migrationSource(cwd, one(given.migrations) ?? file.migrations ?? defaults.migrations),
    migrate: { stallTimeoutMs: stallTimeoutMs ?? 0, ...commands },
    hazards: hazardRules(file.hazards),
    production: productionFacts(file.production),
    questions: questions ?? [],
    crashLimit: file.crashLimit ?? defaults.crashLimit,
    certificate: certificate === undefined ? undefined : resolve(cwd, certificate),
    gate: gate ?? { keys: {}, approvals: [], maxAgeMs: undefined, questions: [] },
    holdMs,
    traffic,
    askedByName: (questions ?? []).filter((name) => asked.includes(name)),
    allowedDataChanges: file.allowedDataChanges ?? [],
    masking: masking ?? { rules: {}, required: false, salt: undefined },
    specs: {
      patterns: many(given.specs) ?? listOf(file.specs) ?? defaults.specs,
      timeoutMs: specTimeoutMs ?? 0,
      mochaArguments: file.mochaArguments ?? [],
    },
    app: appOf(given, file),
    previous: previousOf(file),
    readSpecs: file.deployOrder === 'code-first' ? listOf(file.readSpecs) : undefined,
    newWrites: file.newWrites,
    reports: reports ?? [],
    history,
    notify,
    budgets: budgets ?? [],
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

function pathOf(cwd: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(cwd, path)
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

function previousOf(file: Config): PreviousRelease | undefined {
  const command = file.app?.previousCommand
  const specs = listOf(file.previousSpecs)
  if (command === undefined && specs === undefined) return undefined
  const app = command === undefined ? undefined : appOf({ appCommand: command }, file)
  return { app, specs: specs ?? listOf(file.specs) ?? defaults.specs }
}

function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value
}
