import { expect } from 'chai'
import { get, post, type Refusal } from './support/app.ts'
import { isMigrated } from './support/database.ts'

interface WatchList {
  readonly savedSearches: readonly string[]
}

describe('saved searches', () => {
  const email = 'searcher@example.org'

  if (isMigrated) {
    it('are kept with the watch-list', async () => {
      const { status } = await post('/saved-searches', { email, query: 'judge dredd' })
      expect(status).to.equal(201)
      const { body } = await get<WatchList>(`/watch-list/${email}`)
      expect(body.savedSearches).to.deep.equal(['judge dredd'])
    })

    it('are kept once', async () => {
      await post('/saved-searches', { email, query: 'misty annual' })
      const { status } = await post<Refusal>('/saved-searches', { email, query: 'misty annual' })
      expect(status).to.equal(409)
    })

    it('are not shown to others', async () => {
      const { body } = await get<WatchList>('/watch-list/other.searcher@example.org')
      expect(body.savedSearches).to.deep.equal([])
    })

    it('have a reasonable length', async () => {
      const { status } = await post<Refusal>('/saved-searches', { email, query: 'x'.repeat(201) })
      expect(status).to.equal(400)
    })
  } else {
    it('are refused politely', async () => {
      const { status, body } = await post<Refusal>('/saved-searches', { email, query: 'judge dredd' })
      expect(status).to.equal(501)
      expect(body.error.code).to.equal('not-yet')
    })

    it('are absent from the watch-list', async () => {
      const { status, body } = await get<WatchList>(`/watch-list/${email}`)
      expect(status).to.equal(200)
      expect(body.savedSearches).to.deep.equal([])
    })
  }
})
