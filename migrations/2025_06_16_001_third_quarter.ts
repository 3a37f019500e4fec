import { sql, type Kysely } from 'kysely'

/** The next quarter's prices, and an index for the alert check, which looks for what is still watched. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table price_history_2025q3 partition of price_history
      for values from ('2025-07-01') to ('2025-10-01')
  `.execute(db)
  await sql`
    create index alerts_watching_issue on alerts (issue_id, threshold_pence) where state = 'watching'
  `.execute(db)
}

/** Prices of that quarter go back to the partition that takes what has no other. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('alerts_watching_issue').execute()
  await sql`alter table price_history detach partition price_history_2025q3`.execute(db)
  await sql`
    insert into price_history (listing_id, recorded_on, price_pence)
    select listing_id, recorded_on, price_pence from price_history_2025q3
  `.execute(db)
  await db.schema.dropTable('price_history_2025q3').execute()
}
