import { HarnessError } from '../../errors.ts'
import { ByteReader } from '../archive/byte-reader.ts'
import type { Content } from '../content.ts'

/** A file in a tar, by where its bytes lie in the tar. */
export interface TarFile {
  readonly name: string
  readonly start: number
  readonly bytes: number
}

/** Whether content that begins so is a tar archive: ustar, GNU, pax, or what pg_dump writes. */
export function isTar(head: Buffer): boolean {
  return head.length >= 512 && head.toString('latin1', 257, 262) === 'ustar'
}

/**
 * Every regular file of a tar, in its order. Jumps from header to header where the content can be read from anywhere.
 * Throws HarnessError for a tar that is damaged or cut off.
 */
export async function indexTar(content: Content): Promise<TarFile[]> {
  const { extent } = content
  if (extent === undefined) return await index(new ByteReader(content.open()))
  const { from } = extent
  let position = 0
  let window = { start: 0, bytes: Buffer.alloc(0) }
  return await index({
    ended: () => Promise.resolve(position >= extent.end - extent.start),
    take: async (length) => {
      const start = extent.start + position
      if (start + length > extent.end) throw truncated()
      if (start < window.start || start + length > window.start + window.bytes.length) {
        const end = Math.min(extent.end, start + Math.max(length, windowBytes))
        window = { start, bytes: Buffer.concat(await Array.fromAsync(from.read(start, end))) }
      }
      position += length
      return window.bytes.subarray(start - window.start, start - window.start + length)
    },
    skip: (length) => {
      position += length
      if (extent.start + position > extent.end) throw truncated()
      return Promise.resolve()
    },
    get position() {
      return position
    },
  })
}

/** Small files in a row are cheaper read than jumped over. */
const windowBytes = 64 * 1024

/** Where a tar is read from. */
export type TarSource = Pick<ByteReader, 'ended' | 'take' | 'skip' | 'position'>

/** One member of a tar, whatever it is. */
export interface TarEntry extends TarFile {
  readonly kind: 'file' | 'directory' | 'link' | 'other'
}

async function index(source: TarSource): Promise<TarFile[]> {
  const files: TarFile[] = []
  for await (const { kind, name, start, bytes } of tarEntries(source))
    if (kind === 'file') files.push({ name, start, bytes })
  return files
}

/**
 * The members of a tar in their order; the content of each may be taken from the source before the next is asked for.
 * POSIX ustar; GNU's long names (`L`) and pax headers (`x`) name the file that follows.
 */
export async function* tarEntries(source: TarSource): AsyncGenerator<TarEntry, void, undefined> {
  let named: { name?: string; bytes?: number } = {}
  while (!(await source.ended())) {
    const header = await source.take(512)
    if (header.every((byte) => byte === 0)) break
    const { name, type, size } = parse(header)
    const bytes = named.bytes ?? size
    const start = source.position
    if (type === 'L') named.name = cString(await source.take(bytes))
    else if (type === 'x') Object.assign(named, paxRecords(await source.take(bytes)))
    else if (type !== 'g' && type !== 'K') {
      yield { kind: kinds.get(type) ?? 'other', name: named.name ?? name, start, bytes }
      named = {}
    }
    await source.skip(start + bytes - source.position)
    // pg_dump and others leave out the padding at the very end.
    const padding = -bytes & 511
    if (padding > 0 && !(await source.ended())) await source.skip(padding)
  }
}

const kinds = new Map<string, TarEntry['kind']>([
  ['0', 'file'],
  ['\0', 'file'],
  ['7', 'file'],
  ['1', 'link'],
  ['2', 'link'],
  ['5', 'directory'],
])

function parse(header: Buffer): { name: string; type: string; size: number } {
  let sum = 0
  for (let at = 0; at < 512; at++) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0)
  const checksum = Number.parseInt(cString(header.subarray(148, 156)), 8)
  if (sum !== checksum) throw corrupt()
  const prefix = cString(header.subarray(345, 500))
  const name = cString(header.subarray(0, 100))
  // GNU keeps other things where ustar has the prefix.
  const ustar = header[262] === 0 && header[263] === 0x30
  return {
    name: ustar && prefix !== '' ? `${prefix}/${name}` : name,
    type: String.fromCharCode(header[156] ?? 0),
    size: sizeOf(header.subarray(124, 136)),
  }
}

/** Octal digits, or base 256 when the first bit is set (files of 8 GiB and more). */
function sizeOf(field: Buffer): number {
  const first = field[0] ?? 0
  const size =
    (first & 0x80) === 0
      ? Number.parseInt(cString(field).trim() || '0', 8)
      : field.subarray(1).reduce((number, byte) => number * 256 + byte, first & 0x7f)
  if (!Number.isSafeInteger(size)) throw corrupt()
  return size
}

/** Records of `length key=value`. */
function paxRecords(bytes: Buffer): { name?: string; bytes?: number } {
  const found: { name?: string; bytes?: number } = {}
  for (let at = 0; at < bytes.length;) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 20), 10)
    if (!(length > 0)) break
    const [, key, value] = /^\d+ ([^=]+)=([^]*)\n$/.exec(bytes.toString('utf8', at, at + length)) ?? []
    if (key === 'path' && value !== undefined) found.name = value
    if (key === 'size') found.bytes = Number(value)
    at += length
  }
  return found
}

function cString(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

function truncated(): HarnessError {
  return new HarnessError('backup-truncated', 'The tar archive is cut off.', {
    hint: 'Copy the backup again, in binary mode, and compare its size with the original; take a new one if that is short too.',
  })
}

function corrupt(): HarnessError {
  return new HarnessError('backup-corrupt', 'The tar archive is damaged: a header is no header.', {
    hint: 'Copy the backup again in binary mode, or take a new one; `tar -tf FILE` checks it.',
  })
}
