import { expect } from 'chai'
import { thrownError } from './thrown.ts'

describe('thrown errors', () => {
  it("keep Postgres's fields, also those of a cause", () => {
    const cause = Object.assign(new Error('no such table'), { code: '42P01', position: '15', length: 99 })
    const { name, message, fields, stack } = thrownError(new TypeError('step 3 failed', { cause }))
    expect({ name, message, fields }).to.deep.equal({
      name: 'TypeError',
      message: 'step 3 failed',
      fields: { code: '42P01', position: '15' },
    })
    expect(stack).to.include('caused by Error: no such table')
  })

  for (const [thrown, message] of [
    ['just text', 'just text'],
    [undefined, 'undefined'],
    [{ status: 3 }, '{ status: 3 }'],
    [{ message: 'looks like one' }, 'looks like one'],
  ] as const) {
    it(`have a message when ${JSON.stringify(thrown)} is thrown`, () => {
      expect(thrownError(thrown).message).to.equal(message)
    })
  }
})
