import { ByteReader } from '../archive/byte-reader.ts'
import type { Content } from '../content.ts'

/**
 * Parts of a content that can only be read from its beginning: those asked for in their order are read in one
 * pass, and one that lies before the last begins another.
 */
export class Sequential {
  readonly #content: Content
  #chunks: AsyncGenerator<Buffer, void, undefined> | undefined
  #reader: ByteReader | undefined

  constructor(content: Content) {
    this.#content = content
  }

  /** One part at a time. */
  async *part(start: number, bytes: number): AsyncGenerator<Buffer, void, undefined> {
    const reader = await this.#at(start)
    const end = start + bytes
    while (reader.position < end) yield await reader.take(Math.min(end - reader.position, mostAtOnce))
  }

  async #at(start: number): Promise<ByteReader> {
    if (this.#reader === undefined || this.#reader.position > start) {
      await this.#chunks?.return()
      this.#chunks = this.#content.open()
      this.#reader = new ByteReader(this.#chunks)
    }
    await this.#reader.skip(start - this.#reader.position)
    return this.#reader
  }
}

const mostAtOnce = 256 * 1024
