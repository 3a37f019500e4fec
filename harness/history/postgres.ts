import type { Kysely } from 'kysely'
import type { Migrator } from 'kysely/migration'
import { HarnessError, messageOf } from '../errors.ts'
import { parseRecord } from './parse-record.ts'
import type { HistoryPlace, HistoryStore, OpenHistory } from './history-store.ts'
import type { RehearsalRecord } from '../record.ts'

/**
 * A Postgres database, whose schema is kept by the tool's own Kysely migrations, with a migration table of their own.
 * Kysely and pg are loaded when it is opened, not before.
 */
export const postgres = {
  name: 'postgres',
  description: 'a Postgres database (HISTORY_DATABASE_URL), with migrations of the tool’s own',
  open: openPostgres,
} satisfies HistoryStore

interface Database {
  rehearsals: { id: string; project: string; started_at: string; record: unknown }
}

/** A history that does not answer must not hold up a rehearsal for long. */
const limits = { connectMs: 5_000, statementMs: 10_000 }

async function openPostgres(place: HistoryPlace): Promise<OpenHistory> {
  const db = await connectTo(place)
  try {
    await migrate(db)
  } catch (cause) {
    await db.destroy().catch(() => {})
    throw new HarnessError(
      'history-unreachable',
      `The history database cannot be used: ${messageOf(cause)}`,
      {
        hint: 'Check HISTORY_DATABASE_URL, that its server answers, and its role’s right to create tables.',
        cause,
      },
    )
  }
  return {
    record: (record) => write(db, place, record),
    list: (last) => list(db, place, last),
    get: async (id) => {
      const row = await db
        .selectFrom('rehearsals')
        .select('record')
        .where('id', '=', id)
        .where('project', '=', place.project)
        .executeTakeFirst()
      const record = row && parseRecord(row.record)
      return record === undefined || 'problem' in record ? undefined : record
    },
    close: () => db.destroy(),
  }
}

async function connectTo({ url }: HistoryPlace): Promise<Kysely<Database>> {
  const [{ Kysely, PostgresDialect }, { Pool }] = await Promise.all([import('kysely'), import('pg')])
  const pool = new Pool({
    connectionString: url,
    application_name: 'pg-rehearsal history',
    max: 1,
    connectionTimeoutMillis: limits.connectMs,
    statement_timeout: limits.statementMs,
    query_timeout: limits.statementMs + 1_000,
    lock_timeout: limits.statementMs,
  })
  // A server that goes away between queries must not end the program; the next query reports it.
  pool.on('error', () => {})
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}

async function migrate(db: Kysely<Database>): Promise<void> {
  const { error } = await (await historyMigrator(db)).migrateToLatest()
  if (error !== undefined) throw error
}

/** The Migrator of a history database; its own record is apart from that of an app that shares the database. */
export async function historyMigrator(db: Kysely<never> | Kysely<Database>): Promise<Migrator> {
  const [{ Migrator }, { migrations }] = await Promise.all([
    import('kysely/migration'),
    import('./migrations/index.ts'),
  ])
  return new Migrator({
    db: db as Kysely<never>,
    provider: { getMigrations: async () => migrations },
    migrationTableName: 'rehearsals_migration',
    migrationLockTableName: 'rehearsals_migration_lock',
  })
}

async function write(db: Kysely<Database>, place: HistoryPlace, record: RehearsalRecord): Promise<void> {
  const { id, startedAt, project } = record
  try {
    await db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('rehearsals')
        .values({ id, project, started_at: startedAt, record: JSON.stringify(record, storable) })
        .execute()
      await prune(transaction, place)
    })
  } catch (cause) {
    throw new HarnessError(
      'history-not-written',
      `The rehearsal could not be recorded in the history database: ${messageOf(cause)}`,
      { hint: 'Check HISTORY_DATABASE_URL and its role’s rights.', cause },
    )
  }
}

/** jsonb takes neither NUL nor half a surrogate pair, which a spec's message may hold. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD').toWellFormed() : value
}

async function prune(db: Kysely<Database>, { project, keep, maxAgeMs }: HistoryPlace): Promise<void> {
  const surplus = db
    .selectFrom('rehearsals')
    .select('id')
    .where('project', '=', project)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .offset(keep)
  await db.deleteFrom('rehearsals').where('id', 'in', surplus).execute()
  if (maxAgeMs === undefined) return
  const oldest = new Date(Date.now() - maxAgeMs).toISOString()
  await db.deleteFrom('rehearsals').where('project', '=', project).where('started_at', '<', oldest).execute()
}

async function list(
  db: Kysely<Database>,
  { project }: HistoryPlace,
  last: number,
): Promise<{ records: RehearsalRecord[]; problems: string[] }> {
  const rows = await db
    .selectFrom('rehearsals')
    .select(['id', 'record'])
    .where('project', '=', project)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(last)
    .execute()
  const records: RehearsalRecord[] = []
  const problems: string[] = []
  for (const { id, record } of rows.toReversed()) {
    const parsed = parseRecord(record)
    if ('problem' in parsed) problems.push(`rehearsal ${id}: ${parsed.problem}`)
    else records.push(parsed)
  }
  return { records, problems }
}
