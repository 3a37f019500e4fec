/**
 * Called for each message when its last byte has arrived. `body` is the kept beginning of the message's
 * `length` bytes and is only good during the call; `start` and `end` are offsets in the present chunk, `start`
 * negative when the message began in an earlier one. Returning true stops the framer behind this message.
 */
export type Take = (type: number, body: Buffer, length: number, start: number, end: number) => boolean

export interface Framer {
  /** Reads on in `chunk` from `offset`; returns where it stopped, `chunk.length` when nothing stopped it. */
  push(chunk: Buffer, offset?: number): number
}

/** The bytes are no messages of protocol 3. */
export class FramingError extends RangeError {}

/**
 * Cuts a byte stream into protocol messages (a type byte, a length, a body), wherever chunks are split.
 * Of a body it keeps the first `kept(type)` bytes and skips the rest unseen, so a message of any size costs
 * no memory. `push` throws FramingError on an impossible length and must not be called again then.
 * Format: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function framer(kept: (type: number) => number, take: Take): Framer {
  const header = Buffer.alloc(headerBytes)
  let headerSeen = 0
  let remaining = 0
  let parts: Buffer[] = []
  let wanted = 0
  let start = 0

  function readHeader(chunk: Buffer, offset: number): number {
    if (headerSeen === 0) start = offset
    if (headerSeen === 0 && chunk.length - offset >= headerBytes) {
      begin(chunk, offset)
      return offset + headerBytes
    }
    const copied = chunk.copy(header, headerSeen, offset, offset + headerBytes - headerSeen)
    headerSeen += copied
    if (headerSeen === headerBytes) begin(header, 0)
    return offset + copied
  }

  function begin(source: Buffer, offset: number): void {
    headerSeen = headerBytes
    header[0] = source[offset] ?? 0
    length = source.readInt32BE(offset + 1) - 4
    if (length < 0 || length > longest) throw new FramingError(`message of ${length + 4} bytes`)
    remaining = length
    wanted = Math.min(length, kept(type()))
  }

  let length = 0
  const type = (): number => header[0] ?? 0

  function readBody(chunk: Buffer, offset: number): number {
    const end = Math.min(chunk.length, offset + remaining)
    if (wanted > 0 && end > offset) {
      const part = chunk.subarray(offset, Math.min(end, offset + wanted))
      wanted -= part.length
      parts.push(part)
    }
    remaining -= end - offset
    return end
  }

  function finish(end: number): boolean {
    const body = parts.length > 1 ? Buffer.concat(parts) : (parts[0] ?? empty)
    if (parts.length > 0) parts = []
    headerSeen = 0
    return take(type(), body, length, start, end)
  }

  return {
    push(chunk, from = 0) {
      let offset = from
      if (headerSeen > 0) start = -1
      while (offset < chunk.length) {
        if (headerSeen < headerBytes) offset = readHeader(chunk, offset)
        if (headerSeen < headerBytes) break
        offset = readBody(chunk, offset)
        if (remaining === 0 && finish(offset)) return offset
      }
      return offset
    },
  }
}

const headerBytes = 5
/** Postgres's own limit (PQ_LARGE_MESSAGE_LIMIT). */
const longest = 0x3fff_ffff
const empty = Buffer.alloc(0)
