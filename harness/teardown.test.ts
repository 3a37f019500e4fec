import { expect } from 'chai'
import { createTeardown } from './teardown.ts'

describe('teardown', () => {
  it('closes what was opened last first, once, and goes on after a failure', async () => {
    const teardown = createTeardown()
    const closed: string[] = []
    teardown.defer('the server', () => void closed.push('server'))
    teardown.defer('the database', () => Promise.reject(new Error('in use')))
    teardown.defer('the app', async () => void closed.push('app'))
    expect(await teardown.run()).to.deep.equal(['the database was not removed: in use'])
    expect(closed).to.deep.equal(['app', 'server'])
    expect(await teardown.run()).to.deep.equal([])
  })
})
