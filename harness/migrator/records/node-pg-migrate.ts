import type { MigratorRecord } from './record.ts'

/** https://salsita.github.io/node-pg-migrate */
export const nodePgMigrate: MigratorRecord = {
  title: 'node-pg-migrate',
  table: 'pgmigrations',
  schema: undefined,
  others: [],
  name: 'name',
  applied: 'true',
  order: 'run_on, id',
  written: 'after',
}
