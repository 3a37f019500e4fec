import type { MigratorRecord } from './record.ts'

/** https://orm.drizzle.team/docs/migrations; it keeps a hash of each file's content instead of its name. */
export const drizzle: MigratorRecord = {
  title: 'drizzle',
  table: '__drizzle_migrations',
  schema: 'drizzle',
  others: [],
  name: `'drizzle ' || left(hash, 12)`,
  applied: 'true',
  order: 'created_at, id',
  written: 'after',
}
