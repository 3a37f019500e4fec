/** Keeps the last `maxBytes` of what is pushed. */
export function tailOf(maxBytes: number): { push(content: Buffer): void; text(): string } {
  let chunks: Buffer[] = []
  let bytes = 0
  return {
    push(content) {
      chunks.push(content)
      bytes += content.length
      // Joined now and then rather than at every chunk, so that a talkative tool costs no quadratic copying.
      if (bytes > 2 * maxBytes) {
        chunks = [Buffer.concat(chunks).subarray(-maxBytes)]
        bytes = maxBytes
      }
    },
    text: () => Buffer.concat(chunks).subarray(-maxBytes).toString(),
  }
}
