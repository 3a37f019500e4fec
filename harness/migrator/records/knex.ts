import type { MigratorRecord } from './record.ts'

/** https://knexjs.org/guide/migrations.html */
export const knex: MigratorRecord = {
  title: 'Knex',
  table: 'knex_migrations',
  schema: undefined,
  others: ['knex_migrations_lock'],
  name: 'name',
  applied: 'true',
  order: 'id',
  written: 'after',
}
