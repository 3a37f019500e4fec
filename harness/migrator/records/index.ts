import { drizzle } from './drizzle.ts'
import { knex } from './knex.ts'
import { nodePgMigrate } from './node-pg-migrate.ts'
import { prisma } from './prisma.ts'
import type { MigratorRecord } from './record.ts'

/** The records of migrators that a command may run. Add one by registering it here. */
export const records = { knex, prisma, nodePgMigrate, drizzle } as const satisfies Record<
  string,
  MigratorRecord
>

/** Every table that belongs to one of these migrators, and to no comparison; undefined: in any schema. */
export const recordTables: readonly { readonly schema: string | undefined; readonly name: string }[] =
  Object.values(records).flatMap(({ table, schema, others }: MigratorRecord) =>
    [table, ...others].map((name) => ({ schema, name })),
  )

/** The record that SQL speaks of; undefined when it speaks of none. */
export function recordIn(sql: string): MigratorRecord | undefined {
  return Object.values(records).find((record) => isAbout(record, sql))
}

/** Whether SQL is the migrator's bookkeeping: it names one of its own tables. */
export function isAbout({ table, others }: Pick<MigratorRecord, 'table' | 'others'>, sql: string): boolean {
  return [table, ...others].some((name) => new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(sql))
}
