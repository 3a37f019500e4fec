import { expect } from 'chai'
import { post, type Refusal } from './support/app.ts'
import { useDatabase } from './support/database.ts'

interface Check {
  readonly triggered: readonly { id: number; email: string; listingId: number; pricePence: number }[]
}

describe('a price alert', () => {
  const { row, rows } = useDatabase()
  const email = 'bargain.hunter@example.org'
  let listing: { id: number; issueId: number; price: number }

  before(async () => {
    listing = await row(
      `select id::integer as id, issue_id as "issueId", price_pence as price from listings l
       where status = 'live' and price_pence between 500 and 1500
         and not exists (select from listings o where o.issue_id = l.issue_id and o.price_pence < l.price_pence)
       order by id limit 1`,
    )
    // Whatever the backup's own alerts are due for is out of the way.
    await post('/alert-checks')
  })

  it('stays quiet while the price is above the threshold', async () => {
    const thresholdPence = listing.price - 100
    const { status } = await post('/alerts', { email, issueId: listing.issueId, thresholdPence })
    expect(status).to.equal(201)
    const { body } = await post<Check>('/alert-checks')
    expect(body.triggered).to.deep.equal([])
  })

  it('is one for each issue', async () => {
    const { status, body } = await post<Refusal>('/alerts', {
      email,
      issueId: listing.issueId,
      thresholdPence: 1,
    })
    expect(status).to.equal(409)
    expect(body.error.code).to.equal('conflict')
  })

  it('is triggered once the price has come down', async () => {
    const pricePence = listing.price - 100
    await rows('update listings set price_pence = $1 where id = $2', [pricePence, listing.id])
    const { body } = await post<Check>('/alert-checks')
    const ours = body.triggered.filter((alert) => alert.email === email)
    expect(ours).to.have.length(1)
    expect(ours[0]).to.include({ listingId: listing.id, pricePence })
    const again = await post<Check>('/alert-checks')
    expect(again.body.triggered).to.deep.equal([])
  })

  it('comes with a price history that the database writes', async () => {
    const history = await rows(
      'select price_pence from price_history where listing_id = $1 and recorded_on = current_date',
      [listing.id],
    )
    expect(history).to.deep.equal([{ price_pence: listing.price - 100 }])
  })

  it('refuses an issue that does not exist', async () => {
    const { status } = await post<Refusal>('/alerts', { email, issueId: 99999999, thresholdPence: 100 })
    expect(status).to.equal(404)
  })
})
