import { openMigrator } from '../migrator/session.ts'
import type { Request } from '../migrator/protocol.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Progress } from '../stage.ts'
import { openTap } from '../trace/tap.ts'
import type { Given } from './given.ts'
import { migratorOptionsFor, runsOf, type MigratorTrace } from './trace-migrator.ts'

/** The app's Migrator on one database, taken step by step. */
export interface MigratorSteps {
  /** One operation, in connections of its own; a step's end leaves no session behind. */
  perform(request: Pick<Request, 'operation' | 'steps'>): Promise<MigratorTrace>
  /** Ends the process and the tap; safe to call twice. */
  close(): Promise<void>
}

/** Opens the app's Migrator on `database` for many operations, each traced as `traceMigrator` does. */
export async function openSteps(
  given: Given,
  database: Connection,
  progress: Progress,
): Promise<MigratorSteps> {
  const tap = await openTap(database)
  const connection = { ...database, host: tap.host, port: tap.port }
  const options = await migratorOptionsFor(given, { database, connection }, progress)
  const migrator = openMigrator(given.plan.migrations, options)
  return {
    async perform(request) {
      const seen = tap.statements.length
      const failed = tap.failedInspections.length
      const outcome = await migrator.perform(request)
      const statements = tap.statements.slice(seen)
      return {
        outcome,
        statements,
        command: null,
        runs: runsOf(outcome, statements, given.beganAt),
        failedInspections: tap.failedInspections.slice(failed),
      }
    },
    async close() {
      try {
        await migrator.close()
      } finally {
        await tap.close()
      }
    },
  }
}
