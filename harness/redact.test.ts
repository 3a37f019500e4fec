import { expect } from 'chai'
import { createRedactor } from './redact.ts'

describe('the redactor', () => {
  it('hides secrets wherever they stand, also as part of a URL', () => {
    const redactor = createRedactor()
    redactor.add('s3cr/et')
    expect(redactor.text('password s3cr/et, in a URL s3cr%2Fet')).to.equal(
      'password (redacted), in a URL (redacted)',
    )
  })

  it('hides connection strings that nobody told it of', () => {
    const text = createRedactor().text('cannot reach postgresql://app:pw@db.internal:5432/shop, sorry')
    expect(text).to.equal('cannot reach postgresql://(redacted), sorry')
    expect(createRedactor().text('(postgres://a:b,c;d)e@f/g).')).to.equal('(postgres://(redacted)).')
  })

  it('reaches every string of a document and leaves the rest alone', () => {
    const redactor = createRedactor()
    redactor.add('hunter22')
    const value = { list: ['a hunter22', 1, null], nested: { yes: true, text: 'hunter22' } }
    expect(redactor.deep(value)).to.deep.equal({
      list: ['a (redacted)', 1, null],
      nested: { yes: true, text: '(redacted)' },
    })
  })

  it('does not black out common words', () => {
    const redactor = createRedactor()
    for (const word of ['', 'a', 'postgres', 'localhost']) redactor.add(word)
    expect(redactor.text('postgres on localhost')).to.equal('postgres on localhost')
  })
})
