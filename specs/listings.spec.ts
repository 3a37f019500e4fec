import { expect } from 'chai'
import { get, type Refusal } from './support/app.ts'
import { useDatabase } from './support/database.ts'

interface Listing {
  readonly pricePence: number
  readonly postagePence: number
  readonly totalPence: number
  readonly history: readonly { on: string; pricePence: number }[]
}

describe('a listing', () => {
  const { row, rows } = useDatabase()

  it('tells its price and every price before', async () => {
    const { id, price } = await row<{ id: string; price: number }>(
      `select id, price_pence as price from listings
       where (select count(*) from price_history where listing_id = id) > 5 order by id limit 1`,
    )
    const { status, body } = await get<Listing>(`/listings/${id}`)
    expect(status).to.equal(200)
    expect(body.pricePence).to.equal(price)
    expect(body.history.length).to.be.above(5)
    expect(body.history.at(-1)?.pricePence).to.equal(price)
  })

  it("costs its seller's usual postage on top", async () => {
    const listings = await rows<{ id: string; postage: number }>(
      `select l.id, s.postage_pence as postage from listings l join sellers s on s.id = seller_id
       where l.id in (1, 15000, 30000) order by l.id`,
    )
    expect(listings).to.have.length(3)
    for (const { id, postage } of listings) {
      const { body } = await get<Listing>(`/listings/${id}`)
      expect(body.postagePence).to.equal(postage)
      expect(body.totalPence).to.equal(body.pricePence + postage)
    }
  })

  it('is not found when it does not exist', async () => {
    const { status, body } = await get<Refusal>('/listings/999999999')
    expect(status).to.equal(404)
    expect(body.error.code).to.equal('not-found')
  })

  it('needs a number', async () => {
    const { status } = await get<Refusal>('/listings/latest')
    expect(status).to.equal(400)
  })
})
