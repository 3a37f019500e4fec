import { sql, type Kysely } from 'kysely'

/** What subscribers watch, and the prices they want to hear of. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createType('alert_state').asEnum(['watching', 'triggered', 'cancelled']).execute()
  await createWatchLists(db)
  await createAlerts(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('alerts').execute()
  await db.schema.dropTable('watch_list_items').execute()
  await db.schema.dropTable('watch_lists').execute()
  await db.schema.dropType('alert_state').execute()
}

async function createWatchLists(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('watch_lists')
    .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addCheckConstraint('watch_lists_email_lower_case', sql`email = lower(email)`)
    .execute()
  await db.schema
    .createTable('watch_list_items')
    .addColumn('watch_list_id', 'integer', (column) =>
      column.notNull().references('watch_lists.id').onDelete('cascade'),
    )
    .addColumn('title_id', 'integer', (column) => column.notNull().references('titles.id'))
    .addColumn('max_price_pence', 'integer', (column) => column.check(sql`max_price_pence > 0`))
    .addColumn('added_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('watch_list_items_pkey', ['watch_list_id', 'title_id'])
    .execute()
}

async function createAlerts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('alerts')
    .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('issue_id', 'integer', (column) => column.notNull().references('issues.id'))
    .addColumn('threshold_pence', 'integer', (column) => column.notNull().check(sql`threshold_pence > 0`))
    .addColumn('state', sql`alert_state`, (column) => column.notNull().defaultTo('watching'))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('triggered_at', 'timestamptz')
    .addColumn('triggered_listing_id', 'bigint', (column) => column.references('listings.id'))
    .addCheckConstraint('alerts_triggered_at', sql`(state = 'triggered') = (triggered_at is not null)`)
    .execute()
  await sql`create unique index alerts_one_watch on alerts (email, issue_id) where state = 'watching'`.execute(
    db,
  )
}
