import { expect } from 'chai'
import { get, post, type Refusal } from './support/app.ts'
import { useDatabase } from './support/database.ts'

interface WatchList {
  readonly email: string
  readonly items: readonly {
    titleId: number
    name: string
    maxPricePence: number | null
    lowestPence: number | null
  }[]
}

describe('a watch-list', () => {
  const { row } = useDatabase()
  const email = 'new.subscriber@example.org'

  it('is empty before anything is watched', async () => {
    const { status, body } = await get<WatchList>('/watch-list/nobody.yet@example.org')
    expect(status).to.equal(200)
    expect(body.items).to.deep.equal([])
  })

  it('keeps the titles put on it', async () => {
    const { id } = await row<{ id: number }>(`select id from titles where name = 'Misty'`)
    const created = await post('/watch-list', { email, titleId: id, maxPricePence: 450 })
    expect(created.status).to.equal(201)
    const { body } = await get<WatchList>(`/watch-list/${email}`)
    expect(body.items).to.have.length(1)
    expect(body.items[0]).to.include({ titleId: id, name: 'Misty', maxPricePence: 450 })
  })

  it('changes the price of a title that is on it', async () => {
    const { id } = await row<{ id: number }>(`select id from titles where name = 'Jinty'`)
    await post('/watch-list', { email: 'second.thoughts@example.org', titleId: id, maxPricePence: 450 })
    await post('/watch-list', { email: 'second.thoughts@example.org', titleId: id, maxPricePence: null })
    const { body } = await get<WatchList>('/watch-list/second.thoughts@example.org')
    expect(body.items.map((item) => item.maxPricePence)).to.deep.equal([null])
  })

  it('shows subscribers from the backup what they had', async () => {
    const known = await row<{ email: string; items: number }>(
      `select email, count(*)::integer as items from watch_lists join watch_list_items on watch_list_id = id
       where id = 1 group by email`,
    )
    const { body } = await get<WatchList>(`/watch-list/${known.email}`)
    expect(body.items).to.have.length(known.items)
  })

  it('refuses a title that does not exist', async () => {
    const { status, body } = await post<Refusal>('/watch-list', { email, titleId: 999999 })
    expect(status).to.equal(404)
    expect(body.error.code).to.equal('not-found')
  })

  it('refuses what is no e-mail address', async () => {
    const { status } = await post<Refusal>('/watch-list', { email: 'nobody', titleId: 1 })
    expect(status).to.equal(400)
  })
})
