import { sql, type Kysely } from 'kysely'

/**
 * Requests act as `comicscout_app` for one subscriber, named by the setting `comicscout.email`: it sees and
 * writes that subscriber's rows only. Jobs act as the owner, whom policies do not bind.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    grant select on titles, issues, grades, sellers, listings, price_history to comicscout_app
  `.execute(db)
  await sql`grant select, insert, update, delete on watch_lists, watch_list_items to comicscout_app`.execute(
    db,
  )
  await sql`grant select, insert, update on alerts to comicscout_app`.execute(db)
  for (const table of ['watch_lists', 'watch_list_items', 'alerts']) {
    await sql`alter table ${sql.table(table)} enable row level security`.execute(db)
  }
  for (const table of ['watch_lists', 'alerts']) {
    await sql`
      create policy own_rows on ${sql.table(table)} to comicscout_app
        using (email = current_setting('comicscout.email', true))
        with check (email = current_setting('comicscout.email', true))
    `.execute(db)
  }
  await sql`
    create policy own_rows on watch_list_items to comicscout_app
      using (exists (select from watch_lists where watch_lists.id = watch_list_items.watch_list_id))
      with check (exists (select from watch_lists where watch_lists.id = watch_list_items.watch_list_id))
  `.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['watch_list_items', 'alerts', 'watch_lists']) {
    await sql`drop policy own_rows on ${sql.table(table)}`.execute(db)
    await sql`alter table ${sql.table(table)} disable row level security`.execute(db)
  }
  await sql`
    revoke all on titles, issues, grades, sellers, listings, price_history, watch_lists, watch_list_items, alerts
      from comicscout_app
  `.execute(db)
}
