import { sql, type Kysely } from 'kysely'

/** Titles, issues, grades, sellers and their listings. Money is in pence. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createType('seller_kind').asEnum(['shop', 'private', 'auction_house']).execute()
  await db.schema.createType('listing_status').asEnum(['live', 'sold', 'withdrawn']).execute()
  await createComics(db)
  await createSellers(db)
  await createListings(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('listings').execute()
  await sql`drop function touch_updated_at()`.execute(db)
  await db.schema.dropTable('sellers').execute()
  await db.schema.dropTable('grades').execute()
  await db.schema.dropTable('issues').execute()
  await db.schema.dropTable('titles').execute()
  await db.schema.dropType('listing_status').execute()
  await db.schema.dropType('seller_kind').execute()
}

async function createComics(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('titles')
    .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('publisher', 'text', (column) => column.notNull())
    .addColumn('started_year', 'smallint', (column) => column.notNull())
    .addColumn('ended_year', 'smallint')
    .addUniqueConstraint('titles_name_started_year_key', ['name', 'started_year'])
    .addCheckConstraint('titles_years_in_order', sql`ended_year is null or ended_year >= started_year`)
    .execute()
  await db.schema
    .createTable('issues')
    .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('title_id', 'integer', (column) => column.notNull().references('titles.id'))
    .addColumn('number', 'text', (column) => column.notNull())
    .addColumn('published_on', 'date', (column) => column.notNull())
    .addColumn('cover_pence', 'integer', (column) => column.notNull().check(sql`cover_pence > 0`))
    .addUniqueConstraint('issues_title_id_number_key', ['title_id', 'number'])
    .execute()
  await db.schema
    .createTable('grades')
    .addColumn('code', 'text', (column) => column.primaryKey())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('points', 'numeric(3, 1)', (column) => column.notNull().unique())
    .execute()
}

async function createSellers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sellers')
    .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('kind', sql`seller_kind`, (column) => column.notNull())
    .addColumn('town', 'text', (column) => column.notNull())
    .addColumn('postage_pence', 'integer', (column) => column.notNull().defaultTo(350))
    .addColumn('joined_on', 'date', (column) => column.notNull())
    .execute()
}

async function createListings(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('listings')
    .addColumn('id', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('issue_id', 'integer', (column) => column.notNull().references('issues.id'))
    .addColumn('seller_id', 'integer', (column) => column.notNull().references('sellers.id'))
    .addColumn('grade_code', 'text', (column) => column.notNull().references('grades.code'))
    .addColumn('price_pence', 'integer', (column) => column.notNull().check(sql`price_pence > 0`))
    .addColumn('status', sql`listing_status`, (column) => column.notNull().defaultTo('live'))
    .addColumn('source_ref', 'varchar(24)', (column) => column.notNull())
    .addColumn('listed_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addUniqueConstraint('listings_seller_id_source_ref_key', ['seller_id', 'source_ref'])
    .execute()
  await sql`create index listings_live_price on listings (issue_id, price_pence) where status = 'live'`.execute(
    db,
  )
  await sql`
    create function touch_updated_at() returns trigger language plpgsql as $$
    begin
      new.updated_at := now();
      return new;
    end
    $$
  `.execute(db)
  // Only what a visitor sees counts as an update of the listing; back-fills of other columns do not.
  await sql`
    create trigger listings_touch_updated_at
      before update of issue_id, grade_code, price_pence, status on listings
      for each row execute function touch_updated_at()
  `.execute(db)
}
