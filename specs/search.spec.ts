import { expect } from 'chai'
import { get, type Refusal } from './support/app.ts'
import { useDatabase } from './support/database.ts'

interface Found {
  readonly titles: readonly {
    id: number
    name: string
    publisher: string
    liveListings: number
    lowestPence: number
  }[]
}

describe('search', () => {
  const { row } = useDatabase()

  it('finds a title by its name', async () => {
    const { status, body } = await get<Found>('/search?q=2000+AD')
    expect(status).to.equal(200)
    expect(body.titles.map((title) => title.name)).to.include.members(['2000 AD', '2000 AD Annual'])
  })

  it('finds other forms of a word', async () => {
    const { body } = await get<Found>('/search?q=transformer')
    expect(body.titles.map((title) => title.name)).to.include('Transformers')
  })

  it('finds titles by publisher', async () => {
    const { body } = await get<Found>('/search?q=rebellion')
    expect(body.titles).to.not.be.empty
    for (const title of body.titles) expect(title.publisher).to.equal('Rebellion')
  })

  it('understands exclusions', async () => {
    const { body } = await get<Found>('/search?q=misty+-annual')
    const names = body.titles.map((title) => title.name)
    expect(names).to.include('Misty')
    expect(names).to.not.include('Misty Annual')
  })

  it('tells the lowest price of the live listings', async () => {
    const { body } = await get<Found>('/search?q=beano')
    const beano = body.titles.find((title) => title.name === 'The Beano')
    const { lowest, live } = await row<{ lowest: number; live: number }>(
      `select min(price_pence) as lowest, count(*)::integer as live
       from listings join issues on issues.id = issue_id where status = 'live' and title_id = $1`,
      [beano?.id],
    )
    expect(live).to.be.above(0)
    expect(beano).to.include({ lowestPence: lowest, liveListings: live })
  })

  it('answers with nothing when nothing matches', async () => {
    const { status, body } = await get<Found>('/search?q=xyzzy')
    expect(status).to.equal(200)
    expect(body.titles).to.deep.equal([])
  })

  it('asks for words', async () => {
    const { status, body } = await get<Refusal>('/search')
    expect(status).to.equal(400)
    expect(body.error.code).to.equal('bad-request')
  })
})
