import { sql, type Kysely } from 'kysely'

/** Every price a listing has had, one a day, in a partition a quarter; a trigger writes it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table price_history (
      listing_id bigint not null references listings (id) on delete cascade,
      recorded_on date not null,
      price_pence integer not null,
      constraint price_history_pkey primary key (listing_id, recorded_on)
    ) partition by range (recorded_on)
  `.execute(db)
  for (const year of [2023, 2024]) {
    for (const quarter of [1, 2, 3, 4]) await createPartition(db, year, quarter)
  }
  for (const quarter of [1, 2]) await createPartition(db, 2025, quarter)
  await sql`create table price_history_other partition of price_history default`.execute(db)
  await sql`
    create function record_price() returns trigger language plpgsql as $$
    begin
      insert into public.price_history (listing_id, recorded_on, price_pence)
      values (new.id, current_date, new.price_pence)
      on conflict (listing_id, recorded_on) do update set price_pence = excluded.price_pence;
      return null;
    end
    $$
  `.execute(db)
  await sql`
    create trigger listings_record_price after insert or update of price_pence on listings
      for each row execute function record_price()
  `.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger listings_record_price on listings`.execute(db)
  await sql`drop function record_price()`.execute(db)
  await db.schema.dropTable('price_history').execute()
}

async function createPartition(db: Kysely<unknown>, year: number, quarter: number): Promise<void> {
  const from = firstDay(year, quarter)
  const to = quarter === 4 ? firstDay(year + 1, 1) : firstDay(year, quarter + 1)
  await sql`
    create table ${sql.id(`price_history_${year}q${quarter}`)} partition of price_history
      for values from (${sql.lit(from)}) to (${sql.lit(to)})
  `.execute(db)
}

function firstDay(year: number, quarter: number): string {
  return `${year}-${String(quarter * 3 - 2).padStart(2, '0')}-01`
}
