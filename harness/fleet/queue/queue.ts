import type { ConnectionOptions, Db, PgBoss } from 'pg-boss'
import { escapeIdentifier } from 'pg'
import { HarnessError, messageOf } from '../../errors.ts'
import type { QueueSettings } from './queue-settings.ts'
import { makeTables } from './tables.ts'

/** Rehearsals of databases, one at a time of each. */
export const rehearsalsQueue = 'rehearsals'

/** Rounds that the schedule asks for, to be listed and enqueued by a worker. */
export const roundsQueue = 'rounds'

/** Where statements run: each for itself, or in one transaction. */
export interface Session {
  readonly boss: PgBoss
  readonly settings: QueueSettings
  /** Escaped. */
  readonly schema: string
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** Has a call of pg-boss run here. */
  readonly here: ConnectionOptions
}

/** The queue of a fleet: pg-boss for who does what when, and tables of our own for what came of it. */
export interface FleetQueue extends Session {
  /** Commits what `work` did, or nothing of it. */
  transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

export interface OpenQueueOptions {
  /** A worker also looks after the queue: it finds dead workers and keeps the schedule. */
  readonly isWorker: boolean
  /** Hears of what goes wrong in the background, which is tried again. */
  readonly onProblem?: (message: string) => void
}

/** No statement of the queue takes long; one that does is on a connection that is gone. */
const statementMs = 15_000

/**
 * Opens the queue, making its schema and tables where they are not there. Throws HarnessError `queue-unreachable`.
 */
export async function openQueue(
  settings: QueueSettings,
  { isWorker, onProblem = () => {} }: OpenQueueOptions,
): Promise<FleetQueue> {
  const { PgBoss } = await import('pg-boss')
  const lookS = Math.max(2, Math.floor(settings.heartbeatS / 3))
  const options = {
    connectionString: settings.url,
    schema: settings.schema,
    application_name: 'pg-rehearsal queue',
    instanceName: 'rehearse fleet worker',
    registerInstance: isWorker,
    supervise: isWorker,
    schedule: isWorker,
    superviseIntervalSeconds: lookS,
    monitorIntervalSeconds: lookS,
    reindex: false,
    monitorVacuum: false,
    openTelemetry: { enabled: false },
    max: 5,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    query_timeout: statementMs,
  }
  const boss = new PgBoss(options)
  boss.on('error', (error) => onProblem(messageOf(error)))
  try {
    await boss.start()
    const queue = queueOf(boss, settings)
    await queue.transaction(makeTables)
    await makeQueues(boss)
    return queue
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {})
    throw unreachable(settings, error)
  }
}

/** What a fenced call of pg-boss came to: 0 when the job is no longer this attempt's. */
export function affectedBy(response: object): number {
  const affected = 'affected' in response ? response.affected : undefined
  if (typeof affected === 'number') return affected
  throw new Error('pg-boss does not say what a call came to')
}

function queueOf(boss: PgBoss, settings: QueueSettings): FleetQueue {
  const schema = escapeIdentifier(settings.schema)
  const sessionOn = (db: Db): Session => ({
    boss,
    settings,
    schema,
    sql: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await db.executeSql(text, [...values])).rows as Row[],
    here: { db },
  })
  return {
    ...sessionOn(boss.getDb()),
    transaction: async (work) => {
      const transaction = await boss.getDb().beginTransaction?.()
      if (transaction === undefined) throw new Error('pg-boss has no transactions')
      try {
        const result = await work(sessionOn(transaction.db))
        await transaction.commit()
        return result
      } catch (error) {
        await transaction.rollback()
        throw error
      }
    },
    close: async () => await boss.stop({ graceful: false }),
  }
}

/** Attempts are counted by us: pg-boss only has to give the rehearsal to somebody again. */
async function makeQueues(boss: PgBoss): Promise<void> {
  const dayS = 24 * 3_600
  await boss.createQueue(rehearsalsQueue, {
    policy: 'singleton',
    retryLimit: 1_000,
    retryDelay: 0,
    expireInSeconds: dayS,
    retentionSeconds: 30 * dayS,
  })
  await boss.createQueue(roundsQueue, { policy: 'singleton', retryLimit: 3, retryDelay: 20 })
}

function unreachable({ variable, schema }: QueueSettings, cause: unknown): HarnessError {
  return new HarnessError(
    'queue-unreachable',
    `The queue in the schema ${schema} of ${variable} cannot be used: ${messageOf(cause)}`,
    {
      hint: `Check ${variable} (\`psql\` with the same URL must work from here); its role makes the schema, so it needs CREATE on the database once.`,
      cause,
    },
  )
}
