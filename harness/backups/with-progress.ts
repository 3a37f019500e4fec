/** A listener for `BackupFile.open` that reports the sum of bytes read so far. */
export function withProgress(onProgress: (bytes: number) => void): (chunk: Buffer) => void {
  let bytes = 0
  return (chunk) => {
    bytes += chunk.length
    onProgress(bytes)
  }
}
