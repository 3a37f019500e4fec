import { createHash } from 'node:crypto'
import type { BackupFile } from './backup-format.ts'

/** SHA-256 of a file, taken along while its content is read for another reason. */
export class Digest {
  #hash = createHash('sha256')
  #bytes = 0

  /** Hand this to `BackupFile.open`. */
  readonly update = (chunk: Buffer): void => {
    this.#hash.update(chunk)
    this.#bytes += chunk.length
  }

  /** The digest in hex; what the reader left unread (a gzip file's trailing bytes) is read here. */
  async of(file: BackupFile): Promise<string> {
    if (file.wrapped) this.#forget()
    if (this.#bytes < file.bytes) {
      for await (const chunk of file.stored(this.#bytes)) this.#hash.update(chunk)
    }
    return this.#hash.digest('hex')
  }

  #forget(): void {
    this.#hash = createHash('sha256')
    this.#bytes = 0
  }
}
