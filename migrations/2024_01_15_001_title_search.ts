import { sql, type Kysely } from 'kysely'

/** Full-text search over titles and their publishers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table titles add column search tsvector generated always as (
      setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('english', publisher), 'B')
    ) stored
  `.execute(db)
  await sql`create index titles_search on titles using gin (search)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('titles').dropColumn('search').execute()
}
