import { expect } from 'chai'
import { isMigrated, useDatabase } from './support/database.ts'

/** Each is true on the migrated database, and only there. */
const news = [
  {
    what: 'postage of listings',
    sql: `select exists (select from information_schema.columns
          where table_name = 'listings' and column_name = 'postage_pence') as there`,
  },
  { what: 'saved searches', sql: `select to_regclass('saved_searches') is not null as there` },
  {
    what: 'a check on postage',
    sql: `select exists (select from pg_constraint where conname = 'listings_postage_sane' and convalidated) as there`,
  },
  {
    what: 'totals in the view of live listings',
    sql: `select exists (select from information_schema.columns
          where table_name = 'live_listings' and column_name = 'total_pence') as there`,
  },
  {
    what: 'long source references',
    sql: `select character_maximum_length = 64 as there from information_schema.columns
          where table_name = 'listings' and column_name = 'source_ref'`,
  },
  { what: 'the grade of gem mint', sql: `select exists (select from grades where code = 'GM') as there` },
  {
    what: "the third quarter's partition",
    sql: `select to_regclass('price_history_2025q3') is not null as there`,
  },
  {
    what: 'an index for the alert check',
    sql: `select to_regclass('alerts_watching_issue') is not null as there`,
  },
]

describe(isMigrated ? 'the migrated database has' : 'the rolled-back database is without', () => {
  const { row } = useDatabase()

  for (const { what, sql } of news) {
    it(what, async () => {
      expect(await row(sql)).to.deep.equal({ there: isMigrated })
    })
  }
})

describe('the database', () => {
  const { row } = useDatabase()

  it('shows live listings to the app', async () => {
    await row('select 1 from live_listings limit 1')
    const may = await row(`select has_table_privilege('comicscout_app', 'live_listings', 'select') as may`)
    expect(may).to.deep.equal({ may: true })
  })

  if (isMigrated) {
    it('has filled in the postage of every listing', async () => {
      const missing = await row(
        `select count(*)::integer as missing from listings join sellers on sellers.id = seller_id
         where listings.postage_pence is distinct from sellers.postage_pence`,
      )
      expect(missing).to.deep.equal({ missing: 0 })
    })
  }
})
