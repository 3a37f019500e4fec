import type { Kysely } from 'kysely'

/** The latest rehearsals of one project are read at the end of each run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('rehearsals_project_started_at')
    .on('rehearsals')
    .columns(['project', 'started_at'])
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('rehearsals_project_started_at').execute()
}
