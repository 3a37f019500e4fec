import { createReadStream } from 'node:fs'
import type { Compression } from './backup-format.ts'
import { decompressed } from './compression.ts'
import { readError } from './read-error.ts'

/** Bytes that can be read again and again, and what their damage is called. */
export interface Content {
  /** Absolute path of the file on disk that it comes from, or what else that is called. */
  readonly path: string
  /** Where it lies as it is; undefined when it comes out of a compression. */
  readonly extent: Extent | undefined
  /** `onRead` hears every chunk as it lies there. Damage is a HarnessError while reading. */
  open(onRead?: (chunk: Buffer) => void): AsyncGenerator<Buffer, void, undefined>
}

/** Bytes that can be read from anywhere: a file's on disk, an object's in a store. */
export interface Ranges {
  /** What they are called in messages. */
  readonly path: string
  readonly bytes: number
  /** `end` is exclusive, and beyond `start`. */
  read(start: number, end: number): AsyncIterable<Buffer>
}

interface Extent {
  readonly from: Ranges
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** A file on disk, of so many bytes; `origin` is what it is called where it is only a copy of that. */
export function fileRanges(path: string, bytes: number, origin: string = path): Ranges {
  return {
    path: origin,
    bytes,
    read: (start, end) => createReadStream(path, { start, end: end - 1, highWaterMark }),
  }
}

/** All of them, or a part. */
export function extentContent(from: Ranges, start = 0, end: number = from.bytes): Content {
  const extent = { from, start, end }
  return { path: from.path, extent, open: (onRead) => read(extent, onRead) }
}

/** What `content` holds when its compression is undone. */
export function decompressedContent(content: Content, compression: Compression): Content {
  return {
    path: content.path,
    extent: undefined,
    open: (onRead) => guarded(decompressed(content.open(onRead), compression), content.path),
  }
}

/** The bytes from `start` on, of a content that can only be read from its beginning. */
export function partOf(content: Content, start: number, bytes: number): Content {
  const { extent, path } = content
  if (extent !== undefined) {
    const from = extent.start + start
    return extentContent(extent.from, from, from + bytes)
  }
  return { path, extent: undefined, open: (onRead) => cut(content.open(onRead), start, bytes) }
}

/** The first bytes, up to `length`. */
export async function headOf(content: { open(): AsyncIterable<Buffer> }, length: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of content.open()) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= length) break
  }
  return Buffer.concat(chunks).subarray(0, length)
}

async function* read(
  { from, start, end }: Extent,
  onRead: (chunk: Buffer) => void = () => {},
): AsyncGenerator<Buffer, void, undefined> {
  if (start === end) return
  for await (const chunk of guarded(from.read(start, end), from.path)) {
    onRead(chunk)
    yield chunk
  }
}

const highWaterMark = 256 * 1024

/** The same chunks; what goes wrong while reading them is a HarnessError about this file. */
export async function* guarded(
  chunks: AsyncIterable<Buffer>,
  path: string,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* chunks
  } catch (error) {
    throw readError(path, error)
  }
}

async function* cut(
  chunks: AsyncIterable<Buffer>,
  start: number,
  bytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let at = 0
  for await (const chunk of chunks) {
    const part = chunk.subarray(Math.max(0, start - at), Math.max(0, start + bytes - at))
    at += chunk.length
    if (part.length > 0) yield part
    if (at >= start + bytes) return
  }
}
