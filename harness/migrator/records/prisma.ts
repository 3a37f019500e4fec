import type { MigratorRecord } from './record.ts'

/** https://www.prisma.io/docs/orm/prisma-migrate; a row without `finished_at` is of one that failed. */
export const prisma: MigratorRecord = {
  title: 'Prisma Migrate',
  table: '_prisma_migrations',
  schema: undefined,
  others: [],
  name: 'migration_name',
  applied: 'finished_at is not null and rolled_back_at is null',
  order: 'started_at, migration_name',
  written: 'before',
}
