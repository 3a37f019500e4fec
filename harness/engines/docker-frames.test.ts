import { expect } from 'chai'
import { readFrames, tailOf } from './docker-frames.ts'

describe('docker frames', () => {
  const bytes = Buffer.concat([frame(1, 'one'), frame(2, 'failed'), frame(1, ''), frame(1, ' two')])

  for (const size of [1, 3, 7, 8, 9, 1000]) {
    it(`are taken apart when they arrive ${size} bytes at a time`, () => {
      const said = { stdin: '', stdout: '', stderr: '' }
      const feed = readFrames((kind, content) => {
        said[kind] += content.toString()
      })
      for (let at = 0; at < bytes.length; at += size) feed(bytes.subarray(at, at + size))
      expect(said).to.deep.equal({ stdin: '', stdout: 'one two', stderr: 'failed' })
    })
  }
})

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

function frame(kind: number, text: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = kind
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}
