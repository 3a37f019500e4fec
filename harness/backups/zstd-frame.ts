import type { ByteReader } from './archive/byte-reader.ts'
import { HarnessError } from '../errors.ts'

/** Takes the beginning of the next frame, over those that hold no data; undefined at the end. */
export async function nextZstdFrame(reader: ByteReader): Promise<Buffer | undefined> {
  while (!(await reader.ended())) {
    const magic = Buffer.from(await reader.take(4))
    if ((magic.readUInt32LE() & 0xffff_fff0) >>> 0 !== 0x184d_2a50) return magic
    await reader.skip(Buffer.from(await reader.take(4)).readUInt32LE())
  }
  return undefined
}

/**
 * The bytes of the zstd frame that begins so, found by the lengths of its blocks. Throws HarnessError when the
 * frame is cut off or when it is none. Source: RFC 8878, 3.1.
 */
export async function* zstdFrame(magic: Buffer, reader: ByteReader): AsyncGenerator<Buffer, void, undefined> {
  if (magic.readUInt32LE() !== 0xfd2f_b528) throw damaged(reader.position)
  const descriptor = await reader.byte()
  yield Buffer.concat([magic, Buffer.from([descriptor]), await reader.take(headerBytes(descriptor))])
  for (let last = false; !last;) {
    const header = Buffer.from(await reader.take(3))
    const bits = header.readUIntLE(0, 3)
    const type = (bits >> 1) & 3
    if (type === 3) throw damaged(reader.position)
    last = (bits & 1) === 1
    yield Buffer.concat([header, await reader.take(type === 1 ? 1 : bits >> 3)])
  }
  if ((descriptor & 4) !== 0) yield Buffer.from(await reader.take(4))
}

/** Of window, dictionary and content size, behind the descriptor. */
function headerBytes(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0
  const contentSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  return (singleSegment ? 0 : 1) + dictionary + contentSize
}

function damaged(position: number): HarnessError {
  return new HarnessError('backup-corrupt', `The zstd data is damaged at byte ${position}.`, {
    hint: 'Copy the backup again in binary mode, or take a new one; `zstd -t FILE` checks it.',
  })
}
