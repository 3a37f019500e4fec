/** Bytes that have come and are not done with. Appending costs amortised the chunk, however much is held. */
export class ByteWindow {
  bytes: Buffer = Buffer.alloc(0)
  #store: Buffer = this.bytes
  #end = 0
  #owned = false

  /**
   * Drops the first `done` bytes and puts the chunk behind the rest; copies nothing when there is no rest.
   * What was handed out before stays as it is. Throws RangeError when more than 1 GiB would be held.
   */
  append(done: number, chunk: Buffer): void {
    const rest = this.bytes.subarray(done)
    if (rest.length === 0) {
      this.bytes = this.#store = chunk
      this.#owned = false
      return
    }
    const length = rest.length + chunk.length
    if (length > limit) throw new RangeError('more than 1 GiB without an end')
    if (!this.#owned || this.#store.length - this.#end < chunk.length) {
      this.#store = Buffer.allocUnsafeSlow(Math.max(2 * length, 65_536))
      rest.copy(this.#store)
      this.#end = rest.length
      this.#owned = true
    }
    chunk.copy(this.#store, this.#end)
    this.#end += chunk.length
    this.bytes = this.#store.subarray(this.#end - length, this.#end)
  }
}

const limit = 2 ** 30
