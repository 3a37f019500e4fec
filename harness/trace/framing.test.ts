import { expect } from 'chai'
import { framer } from './framing.ts'

describe('framing', () => {
  it('finds the same messages wherever the stream is split', () => {
    const stream = Buffer.concat([message('Q', 'select 1\0'), message('S', ''), message('d', 'x'.repeat(40))])
    const whole = read([stream])
    expect(whole).to.deep.equal(['Q:select 1\0/9', 'S:/0', 'd:xxxxx/40'])
    for (let at = 0; at <= stream.length; at += 1) {
      expect(read([stream.subarray(0, at), stream.subarray(at)]), `split at ${at}`).to.deep.equal(whole)
    }
    expect(read([...stream].map((byte) => Buffer.from([byte])))).to.deep.equal(whole)
  })

  it('tells where in the chunk a message lies, negative when it began earlier', () => {
    const stream = Buffer.concat([message('S', ''), message('S', '')])
    const places: string[] = []
    const frames = framer(
      () => 0,
      (_type, _body, _length, start, end) => {
        places.push(`${start < 0 ? 'earlier' : start}-${end}`)
        return false
      },
    )
    frames.push(stream.subarray(0, 7))
    frames.push(stream.subarray(7))
    expect(places).to.deep.equal(['0-5', 'earlier-3'])
  })

  it('stops behind a message when asked to, and goes on from there', () => {
    const stream = Buffer.concat([message('Q', 'a\0'), message('Q', 'b\0')])
    const bodies: string[] = []
    const frames = framer(
      () => 10,
      (_type, body) => {
        bodies.push(body.toString())
        return true
      },
    )
    const stopped = frames.push(stream)
    expect([stopped, bodies]).to.deep.equal([7, ['a\0']])
    expect([frames.push(stream, stopped), bodies]).to.deep.equal([14, ['a\0', 'b\0']])
  })

  it('refuses an impossible length', () => {
    const frames = framer(
      () => 0,
      () => false,
    )
    expect(() => frames.push(Buffer.from('Q\0\0\0\u0003'))).to.throw(RangeError, '3 bytes')
  })
})

function read(chunks: readonly Buffer[]): string[] {
  const seen: string[] = []
  const kept = (type: number): number => (type === 0x64 ? 5 : 100)
  const frames = framer(kept, (type, body, length) => {
    seen.push(`${String.fromCharCode(type)}:${body.toString()}/${length}`)
    return false
  })
  for (const chunk of chunks) frames.push(chunk)
  return seen
}

function message(type: string, body: string): Buffer {
  const header = Buffer.alloc(5)
  header.write(type)
  header.writeInt32BE(Buffer.byteLength(body) + 4, 1)
  return Buffer.concat([header, Buffer.from(body)])
}
