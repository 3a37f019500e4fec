import { sql, type Kysely } from 'kysely'

/** What the pages show: live listings with names, and a price summary of every title (refreshed nightly). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create view live_listings as
    select l.id, t.name as title, i.number, g.label as grade, s.name as seller, l.price_pence, l.listed_at
    from listings l
    join issues i on i.id = l.issue_id
    join titles t on t.id = i.title_id
    join grades g on g.code = l.grade_code
    join sellers s on s.id = l.seller_id
    where l.status = 'live'
  `.execute(db)
  await sql`
    create materialized view title_prices as
    select
      i.title_id,
      count(*)::integer as live_listings,
      min(l.price_pence) as lowest_pence,
      percentile_disc(0.5) within group (order by l.price_pence) as median_pence
    from listings l
    join issues i on i.id = l.issue_id
    where l.status = 'live'
    group by i.title_id
  `.execute(db)
  await sql`create unique index title_prices_title_id on title_prices (title_id)`.execute(db)
  await sql`grant select on live_listings, title_prices to comicscout_app`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop materialized view title_prices`.execute(db)
  await sql`drop view live_listings`.execute(db)
}
