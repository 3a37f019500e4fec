import type { Hazard } from './hazard.ts'

/** A new enum value is used in the transaction that added it. */
export const enumValueUsedTooEarly: Hazard = {
  id: 'enum-value-used-too-early',
  condition: 'A new enum value is used in the transaction that added it.',
  effect:
    'Postgres refuses it (55P04), and the whole batch is undone: Kysely runs all pending migrations in one transaction.',
  remedy: 'Add the value in one release and use it in the next.',
  kysely: `// release 1
await sql\`alter type grade add value 'mint'\`.execute(db)
// release 2
await db.insertInto('grades').values({ grade: 'mint' }).execute()`,
  detect: (trace) =>
    trace
      .filter(({ error }) => error?.code === '55P04')
      .map((statement) => ({
        statement,
        relations: [],
        what: 'An enum value is used before the transaction that added it is committed',
        weight: { severity: 'error' },
      })),
}
