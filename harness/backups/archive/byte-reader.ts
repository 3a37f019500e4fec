import { HarnessError } from '../../errors.ts'

/** Reads a stream piece by piece, in order. Throws HarnessError `backup-truncated` when it ends too early. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  /** Bytes taken so far: the offset in the content of what comes next. */
  position = 0

  constructor(content: AsyncIterable<Buffer>) {
    this.#chunks = content[Symbol.asyncIterator]()
  }

  /** Whether nothing is left. */
  async ended(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      const { done, value } = await this.#chunks.next()
      if (done === true) return true
      this.#chunk = value
      this.#at = 0
    }
    return false
  }

  async byte(): Promise<number> {
    return this.ready(1) ? (this.now(1)[0] ?? 0) : ((await this.take(1))[0] ?? 0)
  }

  /** Whether `now(length)` would work: the fast way for small pieces. */
  ready(length: number): boolean {
    return this.#chunk.length - this.#at >= length
  }

  /** A view of the next bytes, which must be `ready`. */
  now(length: number): Buffer {
    this.position += length
    this.#at += length
    return this.#chunk.subarray(this.#at - length, this.#at)
  }

  async take(length: number): Promise<Buffer> {
    if (this.ready(length)) return this.now(length)
    const pieces: Buffer[] = []
    for (let missing = length; missing > 0;) {
      const piece = await this.#some(missing)
      pieces.push(piece)
      missing -= piece.length
    }
    return Buffer.concat(pieces)
  }

  async skip(length: number): Promise<void> {
    for (let missing = length; missing > 0;) missing -= (await this.#some(missing)).length
  }

  /** Ends the reading where it is, and closes what is read. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  /** Reads on to the end without looking. */
  async drain(): Promise<void> {
    while (!(await this.ended())) this.now(this.#chunk.length - this.#at)
  }

  async #some(length: number): Promise<Buffer> {
    if (await this.ended()) throw truncated(this.position)
    return this.now(Math.min(length, this.#chunk.length - this.#at))
  }
}

function truncated(position: number): HarnessError {
  return new HarnessError(
    'backup-truncated',
    `The archive ends too early, after ${position} bytes: the file is cut off.`,
    {
      hint: 'Copy the backup again, in binary mode, and compare its size with the original; take a new one if that is short too.',
    },
  )
}
