import type { Direction } from '../rehearsal.ts'
import { isEmptyFunction } from './empty-function.ts'
import type { AppKysely, Db, Migration, MigrationInfo, Migrator, ResultSet } from './kysely.ts'
import { makeObserver, originalOf } from './observe.ts'
import type { Observer } from './observe.ts'
import type { ListedMigration, Message, Request, Setting, StepResult } from './protocol.ts'
import { loadSource } from './source.ts'
import type { LoadedSource } from './source.ts'
import { thrownError } from './thrown.ts'

type Done = Extract<Message, { kind: 'done' }>

/** How long queries that nobody awaited may still run before the migration table is read. */
const unawaitedQueriesTimeoutMs = 2000

/** Does what is asked and says so through `report`; what it returns is the last message. Throws LoadError. */
export async function perform(
  request: Request,
  report: (message: Message) => void,
  gate: Promise<void>,
): Promise<Done> {
  const observer = makeObserver(report)
  const loaded = await loadSource(request.source, request.connectionString, observer.wrap)
  report({
    kind: 'loaded',
    kyselyVersion: loaded.kysely.version,
    table: loaded.table,
    tableSchema: loaded.tableSchema,
    observed: loaded.inside !== null,
    ignored: loaded.ignored,
  })
  if (request.operation === 'list') return done({ migrations: await list(loaded) })
  if (request.gated === true) await gate
  const { results, error } = await runSteps(loaded.migrator, request)
  await observer.settled(unawaitedQueriesTimeoutMs)
  const settingsKept = await keptSettings(observer, loaded.inside?.db)
  const { migrations, error: later } = await state(loaded.migrator)
  const stays = request.more === true && loaded.own
  if (stays) await loaded.inside?.db.destroy()
  return done({ migrations, results, error: error ?? later, settingsKept, stays })
}

function done({
  migrations,
  results = [],
  error,
  settingsKept = [],
  stays = false,
}: Pick<Done, 'migrations'> &
  Partial<Pick<Done, 'results' | 'settingsKept' | 'stays'>> & { error?: unknown }): Done {
  const failed = error !== undefined && error !== null
  return { kind: 'done', migrations, results, error: failed ? thrownError(error) : null, settingsKept, stays }
}

/** The names in the Migrator's own order, from one whose database answers nothing. */
async function list({ kysely, inside }: LoadedSource): Promise<ListedMigration[]> {
  if (inside === null) return []
  const migrator = new kysely.Migrator({ db: databaseThatAnswersNothing(kysely), provider: inside.provider })
  return (await migrator.getMigrations()).map(listed)
}

function databaseThatAnswersNothing(kysely: AppKysely): Db {
  return new kysely.Kysely({
    dialect: {
      createAdapter: () => new kysely.PostgresAdapter(),
      createDriver: () => new kysely.DummyDriver(),
      createIntrospector: (db: Db) => new kysely.PostgresIntrospector(db),
      createQueryCompiler: () => new kysely.PostgresQueryCompiler(),
    },
  })
}

function listed({ name, migration, executedAt }: MigrationInfo): ListedMigration {
  return { name, ...downOf(migration), executedAt: executedAt === undefined ? null : isoOf(executedAt) }
}

function downOf({ down }: Migration): Pick<ListedMigration, 'hasDown' | 'emptyDown'> {
  if (typeof down !== 'function') return { hasDown: false, emptyDown: false }
  return { hasDown: true, emptyDown: isEmptyFunction(originalOf(down)) }
}

/** The migration table holds text: it may be no date. */
function isoOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'invalid date' : date.toISOString()
}

interface Steps {
  readonly results: StepResult[]
  readonly error: unknown
}

async function runSteps(migrator: Migrator, request: Request): Promise<Steps> {
  const { operation } = request
  if (operation === 'up' && request.steps === 0) return step(() => migrator.migrateToLatest())
  const results: StepResult[] = []
  if (operation !== 'down' && operation !== 'up') return { results, error: null }
  for (let count = 0; count < request.steps; count += 1) {
    const { results: more, error } = await step(() =>
      operation === 'up' ? migrator.migrateUp() : migrator.migrateDown(),
    )
    results.push(...more)
    const stuck = more.length === 0 || more.some(({ status }) => status === 'not-executed')
    if (stuck || (error !== null && error !== undefined)) return { results, error }
  }
  return { results, error: null }
}

async function step(run: () => Promise<ResultSet>): Promise<Steps> {
  try {
    const { results = [], error } = await run()
    return { results: results.map(stepResult), error }
  } catch (error) {
    // Kysely's own never throws; an app's subclass may.
    return { results: [], error }
  }
}

const statuses = { Success: 'success', Error: 'error', NotExecuted: 'not-executed' } as const

function stepResult(result: NonNullable<ResultSet['results']>[number]): StepResult {
  const direction: Direction = result.direction === 'Up' ? 'up' : 'down'
  return { name: result.migrationName, direction, status: statuses[result.status] }
}

async function keptSettings(observer: Observer, db: Db | undefined): Promise<readonly Setting[]> {
  if (db === undefined) return []
  return observer.settingsKept(db).catch(() => [])
}

async function state(migrator: Migrator): Promise<{ migrations: ListedMigration[]; error: unknown }> {
  try {
    return { migrations: (await migrator.getMigrations()).map(listed), error: null }
  } catch (error) {
    return { migrations: [], error }
  }
}
