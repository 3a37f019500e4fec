import { expect } from 'chai'
import { readFrames } from './docker-frames.ts'

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

function frame(kind: number, text: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = kind
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}
