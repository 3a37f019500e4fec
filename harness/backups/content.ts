import { createReadStream } from 'node:fs'
import type { Compression } from './backup-format.ts'
import { decompressed } from './compression.ts'
import { readError } from './read-error.ts'

/** Bytes that can be read again and again, and what their damage is called. */
export interface Content {
  /** Absolute path of the file on disk that it comes from. */
  readonly path: string
  /** Where it lies on disk as it is; undefined when it comes out of a compression. */
  readonly extent: Extent | undefined
  /** `onRead` hears every chunk as it lies on disk. Damage is a HarnessError while reading. */
  open(onRead?: (chunk: Buffer) => void): AsyncGenerator<Buffer, void, undefined>
}

interface Extent {
  /** Another file than the content's when it was unpacked. */
  readonly path: string
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** A part of a file as it is; of `origin`, where the file is an unpacked copy of that. */
export function extentContent(extent: Extent, origin: string = extent.path): Content {
  return { path: origin, extent, open: (onRead) => read(extent, origin, onRead) }
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
    return extentContent({ path: extent.path, start: from, end: from + bytes }, path)
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
  { path, start, end }: Extent,
  origin: string,
  onRead: (chunk: Buffer) => void = () => {},
): AsyncGenerator<Buffer, void, undefined> {
  if (start === end) return
  const stream: AsyncIterable<Buffer> = createReadStream(path, { start, end: end - 1, highWaterMark })
  for await (const chunk of guarded(stream, origin)) {
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
