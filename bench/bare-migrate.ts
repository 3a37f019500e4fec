/** What a team runs by hand: `DATABASE_URL=… node bench/bare-migrate.ts up|down [steps]`. */
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { Kysely, PostgresDialect } from 'kysely'
import { FileMigrationProvider, Migrator } from 'kysely/migration'
import { Pool } from 'pg'

const [direction = 'up', steps = '1'] = process.argv.slice(2)
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: new Pool({ connectionString: process.env['DATABASE_URL'] }) }),
})
const migrationFolder = path.resolve('migrations')
const migrator = new Migrator({ db, provider: new FileMigrationProvider({ fs, path, migrationFolder }) })
for (let step = 0; step < (direction === 'up' ? 1 : Number(steps)); step += 1) {
  const { error } = direction === 'up' ? await migrator.migrateToLatest() : await migrator.migrateDown()
  if (error !== undefined) throw error
}
await db.destroy()
