import { expect } from 'chai'
import { parseUrl, urlOf } from './url.ts'

describe('postgres urls', () => {
  it('survive a round trip whatever the password holds', () => {
    const connection = { host: '::1', port: 5433, user: 'a b', password: 'p@s:/s%', database: 'x/y' }
    expect(parseUrl(urlOf(connection))).to.deep.equal(connection)
  })

  it('are undefined for other texts', () => {
    expect(parseUrl('https://example.org')).to.equal(undefined)
    expect(parseUrl('host=prod dbname=x')).to.equal(undefined)
  })
})
