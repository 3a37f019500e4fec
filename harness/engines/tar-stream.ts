import type { DataFile } from './data-directory.ts'

/** The files as a tar, as they come: nothing is kept. Paths are those of Postgres, well below 255 bytes. */
export async function* tarStream(files: AsyncIterable<DataFile>): AsyncGenerator<Buffer, void, undefined> {
  for await (const file of files) {
    yield header(file)
    if (file.kind === 'directory') continue
    let written = 0
    for await (const chunk of file.content()) {
      written += chunk.length
      if (written <= file.bytes) yield chunk
    }
    if (written !== file.bytes) throw new Error(`${file.path} changed its size while it was read.`)
    if (written % 512 > 0) yield Buffer.alloc(512 - (written % 512))
  }
  yield Buffer.alloc(1024)
}

/** POSIX ustar, private to its owner: whoever unpacks it. */
function header({ path, kind, bytes }: DataFile): Buffer {
  const block = Buffer.alloc(512)
  const { name, prefix } = split(kind === 'directory' ? `${path}/` : path)
  block.write(name, 0)
  block.write(kind === 'directory' ? '0000700\0' : '0000600\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${(kind === 'directory' ? 0 : bytes).toString(8).padStart(11, '0')}\0`, 124)
  block.write('00000000000\0', 136)
  block.write('        ', 148)
  block.write(kind === 'directory' ? '5' : '0', 156)
  block.write('ustar\x0000', 257)
  block.write(prefix, 345)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function split(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' }
  const slash = path.indexOf('/', path.length - 101)
  const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)]
  if (slash < 0 || Buffer.byteLength(name) > 100 || Buffer.byteLength(prefix) > 155)
    throw new Error(`The path ${path} is too long for a tar.`)
  return { name, prefix }
}
