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

  it('undoes at once what is begun after it, and before its end what its undoings begin', async () => {
    const teardown = createTeardown()
    const closed: string[] = []
    teardown.defer('early', () => teardown.defer('meanwhile', () => void closed.push('meanwhile')))
    expect(await teardown.run()).to.deep.equal([])
    expect(closed).to.deep.equal(['meanwhile'])
    teardown.defer('late', async () => void closed.push('late'))
    teardown.defer('late and broken', () => Promise.reject(new Error('in use')))
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).to.deep.equal(['meanwhile', 'late'])
  })
})
