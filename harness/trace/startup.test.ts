import { expect } from 'chai'
import { readStartup } from './startup.ts'

describe('startup', () => {
  it('reads user, database and application name of any protocol 3 version', () => {
    for (const minor of [0, 2, 9999]) {
      const packet = startup((3 << 16) | minor, 'user\0amy\0database\0shop\0application_name\0app\0\0')
      expect(readStartup(Buffer.concat([packet, Buffer.from('rest')]))).to.deep.equal({
        kind: 'startup',
        bytes: packet.length,
        user: 'amy',
        database: 'shop',
        applicationName: 'app',
      })
    }
  })

  it('takes the user for the database when none is named', () => {
    expect(readStartup(startup(196_608, 'user\0amy\0\0'))).to.deep.include({ database: 'amy' })
  })

  it('waits for the whole packet', () => {
    const packet = startup(196_608, 'user\0amy\0\0')
    for (let bytes = 0; bytes < packet.length; bytes += 1) {
      expect(readStartup(packet.subarray(0, bytes)), `${bytes} bytes`).to.deep.equal({ kind: 'incomplete' })
    }
  })

  it('knows requests for encryption and cancellation, also with the long keys of protocol 3.2', () => {
    expect(readStartup(startup(80_877_103, ''))).to.deep.equal({ kind: 'encryption', bytes: 8 })
    expect(readStartup(startup(80_877_104, ''))).to.deep.equal({ kind: 'encryption', bytes: 8 })
    expect(readStartup(startup(80_877_102, 'x'.repeat(36)))).to.deep.equal({ kind: 'cancel', bytes: 44 })
  })

  it('calls a TLS greeting, another protocol or another version unreadable', () => {
    for (const hex of ['16030100f8010000f403', '474554202f20485454502f', '0000000900020000']) {
      expect(readStartup(Buffer.from(`${hex}00`, 'hex')).kind).to.equal('unreadable')
    }
  })
})

function startup(code: number, body: string): Buffer {
  const packet = Buffer.alloc(8 + Buffer.byteLength(body))
  packet.writeUInt32BE(packet.length, 0)
  packet.writeUInt32BE(code, 4)
  packet.write(body, 8)
  return packet
}
