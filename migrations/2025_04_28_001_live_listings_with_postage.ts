import { sql, type Kysely } from 'kysely'

/** Live listings tell what a comic costs on the doormat. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace view live_listings as
    select l.id, t.name as title, i.number, g.label as grade, s.name as seller, l.price_pence, l.listed_at,
      l.price_pence + coalesce(l.postage_pence, s.postage_pence) as total_pence
    from listings l
    join issues i on i.id = l.issue_id
    join titles t on t.id = i.title_id
    join grades g on g.code = l.grade_code
    join sellers s on s.id = l.seller_id
    where l.status = 'live'
  `.execute(db)
}

/** A view cannot lose a column by being replaced: it is made anew, with its owner and grants. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop view live_listings`.execute(db)
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
  await sql`alter view live_listings owner to comicscout`.execute(db)
  await sql`grant select on live_listings to comicscout_app`.execute(db)
}
