import type { Hazard } from './hazard.ts'

/** A CONCURRENTLY command runs inside a transaction. */
export const concurrentlyInTransaction: Hazard = {
  id: 'concurrently-in-transaction',
  condition: 'A CONCURRENTLY command runs inside a transaction.',
  effect:
    'Postgres refuses it, and the whole batch is undone: Kysely runs all pending migrations in one transaction.',
  remedy: 'Give it a Migrator with disableTransactions, in a release of its own.',
  kysely: `new Migrator({ db, provider, disableTransactions: true })`,
  detect: (trace) =>
    trace
      .filter(({ error, text }) => error?.code === '25001' && /\bconcurrently\b/i.test(text))
      .map((statement) => ({
        statement,
        relations: [],
        what: 'A CONCURRENTLY command cannot run inside a transaction',
        weight: { severity: 'error' },
      })),
}
