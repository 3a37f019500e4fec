import { expect } from 'chai'
import { tailOf } from './tail.ts'

describe('the tail of an output', () => {
  it('is the whole of a short one', () => {
    const tail = tailOf(10)
    tail.push(Buffer.from('short'))
    expect(tail.text()).to.equal('short')
  })

  it('is the last bytes of a long one, however it was cut', () => {
    const tail = tailOf(10)
    for (let number = 0; number < 1000; number += 1) tail.push(Buffer.from(`${number},`))
    expect(tail.text()).to.equal('7,998,999,')
  })
})
