import { runCommand, type CommandOutcome } from '../migrator/command.ts'
import { offsetMs } from '../clock.ts'
import { childEnvironment, nowhere } from '../migrator/environment.ts'
import { readDotenvFiles } from '../migrator/dotenv-files.ts'
import type { FailedStatement } from '../migrator/findings.ts'
import { runMigrator, type MigratorOptions, type MigratorRequest } from '../migrator/migrator.ts'
import type { MigratorOutcome } from '../migrator/outcome.ts'
import { openSpares, type SpareChildren } from '../migrator/spare.ts'
import type { Plan } from '../plan.ts'
import type { Connection } from '../postgres/connection.ts'
import type { MigrationRun } from '../rehearsal.ts'
import type { Progress } from '../stage.ts'
import { byMigration } from '../trace/by-migration.ts'
import type { Statement } from '../trace/statement.ts'
import { openTap, type TapOptions } from '../trace/tap.ts'
import type { Given } from './given.ts'

/** One operation of the app's Migrator on a database, with every statement that it sent. */
export interface MigratorTrace {
  readonly outcome: MigratorOutcome
  /** The same outcome with what only a command has; null when Kysely's Migrator ran. */
  readonly command: CommandOutcome | null
  readonly statements: readonly Statement[]
  /** By the migrator's word; the migration table has the last one. */
  readonly runs: readonly MigrationRun[]
  /** Why hooks of the tap failed. */
  readonly failedInspections: readonly unknown[]
}

/**
 * Runs the app's Migrator, or the plan's command instead, through a tap, so that every statement is known
 * whatever driver it uses.
 */
export async function traceMigrator(
  given: Given,
  request: Pick<MigratorRequest, 'operation' | 'steps'>,
  database: Connection,
  progress: Progress,
  {
    shared = false,
    gate,
    ...options
  }: Pick<TapOptions, 'rounds' | 'onBeforeStatement'> & Pick<MigratorOptions, 'shared' | 'gate'> = {},
): Promise<MigratorTrace> {
  const { plan, beganAt } = given
  const tap = await openTap(database, options)
  try {
    const connection = { ...database, host: tap.host, port: tap.port }
    const migratorOptions: MigratorOptions = {
      ...(await migratorOptionsFor(given, { database, connection }, progress)),
      shared,
      ...(gate === undefined ? {} : { gate }),
      spares: given.spares,
    }
    const command = await commandOutcome(given, request.operation, migratorOptions, () => tap.statements)
    const outcome = command ?? (await runMigrator({ ...request, source: plan.migrations }, migratorOptions))
    const statements = [...tap.statements]
    return {
      outcome,
      command,
      statements,
      runs: runsOf(outcome, statements, beganAt, command?.isBookkeeping),
      failedInspections: [...tap.failedInspections],
    }
  } finally {
    await tap.close()
  }
}

/** What every run of the app's Migrator is given: `connection` leads to `database` through the tap. */
export async function migratorOptionsFor(
  { plan, run, signal }: Given,
  { database, connection }: { database: Connection; connection: Connection },
  progress: Progress,
): Promise<MigratorOptions> {
  return {
    connection,
    watch: database,
    environment: await environmentFor(plan, connection),
    cwd: plan.cwd,
    stallTimeoutMs: plan.migrate.stallTimeoutMs,
    signal,
    run,
    onMessage: (message) => {
      if (message.kind === 'started') progress(`${message.direction} ${message.migration}`)
    },
  }
}

async function commandOutcome(
  { plan }: Given,
  operation: MigratorRequest['operation'],
  options: MigratorOptions,
  statements: () => readonly Statement[],
): Promise<CommandOutcome | null> {
  const direction = operation === 'down' ? 'down' : 'up'
  const command = direction === 'up' ? plan.migrate.command : plan.migrate.rollbackCommand
  return command === undefined ? null : runCommand({ command, direction, statements }, options)
}

/** The app's migrations as its Migrator lists them; there is no database to connect to. */
export async function listMigrations(given: Given): Promise<MigratorOutcome> {
  const { plan, run, signal } = given
  return runMigrator(
    { operation: 'list', source: plan.migrations, steps: 0 },
    {
      connection: nowhere,
      environment: await environmentFor(plan, nowhere),
      cwd: plan.cwd,
      stallTimeoutMs: plan.migrate.stallTimeoutMs,
      signal,
      run,
    },
  )
}

/** Spare children for the plan's migrations; none where a command runs them. */
export async function sparesFor({
  plan,
  run,
}: Pick<Given, 'plan' | 'run'>): Promise<SpareChildren | undefined> {
  if (plan.migrate.command !== undefined) return undefined
  const environment = await environmentFor(plan, nowhere)
  return await openSpares({ environment, cwd: plan.cwd, path: plan.migrations.path, run })
}

/** The whole environment of a child that runs the team's code on one database. */
export async function environmentFor(plan: Plan, connection: Connection): Promise<Record<string, string>> {
  const dotenvFiles = await readDotenvFiles(plan.cwd)
  return childEnvironment({ connection, protectedUrls: plan.protectedUrls, base: process.env, dotenvFiles })
}

/** The statements that the server answered with an error. */
export function refusedStatements(statements: readonly Statement[]): FailedStatement[] {
  return statements.flatMap(({ text, startedAt, error }) =>
    error === null ? [] : [{ text, startedAt, code: error.code, position: error.position }],
  )
}

/** What became of each migration, by the migrator's word; when it began counts from `beganAt`. */
export function runsOf(
  outcome: MigratorOutcome,
  statements: readonly Statement[],
  beganAt: number,
  isBookkeeping?: (sql: string) => boolean,
): MigrationRun[] {
  const counts = byMigration(statements, outcome.runs, isBookkeeping)
  const ran = outcome.runs.map((run, index): MigrationRun => {
    const result = outcome.results.find((it) => it.name === run.migration && it.direction === run.direction)
    const failed = run.observation === null || run.observation.threw || result?.status === 'error'
    return {
      name: run.migration,
      direction: run.direction,
      status: failed ? 'error' : 'success',
      startedMs: offsetMs(run.startedAt, beganAt),
      durationMs: run.endedAt === null ? 0 : Math.round(run.endedAt - run.startedAt),
      statements: counts[index]?.length ?? 0,
    }
  })
  const notRun = outcome.results.filter(
    (result) => !ran.some((run) => run.name === result.name && run.direction === result.direction),
  )
  return [
    ...ran,
    ...notRun.map(({ name, direction, status }) => ({
      name,
      direction,
      status,
      durationMs: 0,
      statements: 0,
    })),
  ]
}
