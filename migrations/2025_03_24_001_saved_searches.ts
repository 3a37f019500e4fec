import { sql, type Kysely } from 'kysely'

/** Searches kept with a watch-list, under the same row-level security as the list itself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('saved_searches')
    .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('watch_list_id', 'integer', (column) =>
      column.notNull().references('watch_lists.id').onDelete('cascade'),
    )
    .addColumn('query', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addUniqueConstraint('saved_searches_watch_list_id_query_key', ['watch_list_id', 'query'])
    .addCheckConstraint('saved_searches_query_length', sql`length(query) between 1 and 200`)
    .execute()
  await sql`grant select, insert, delete on saved_searches to comicscout_app`.execute(db)
  await sql`alter table saved_searches enable row level security`.execute(db)
  await sql`
    create policy own_rows on saved_searches to comicscout_app
      using (exists (select from watch_lists where watch_lists.id = saved_searches.watch_list_id))
      with check (exists (select from watch_lists where watch_lists.id = saved_searches.watch_list_id))
  `.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('saved_searches').execute()
}
