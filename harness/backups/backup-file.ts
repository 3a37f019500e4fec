import { Readable } from 'node:stream'
import type { BackupFile, Compression } from './backup-format.ts'
import { extentContent, partOf, type Content, type Ranges } from './content.ts'

/** Where a backup of one piece lies, as it is stored. */
export interface Stored {
  readonly from: Ranges
  readonly writtenAt: Date | null
  /** The outermost one. */
  readonly compression: Compression
}

/** A backup of one piece, read through `content`. */
export function backupFile(
  content: Content,
  { from, writtenAt, compression }: Stored,
  members?: BackupFile['members'],
): BackupFile {
  const { path, open, extent } = content
  const { bytes } = from
  return {
    path,
    wrapped: extent !== undefined && (extent.start > 0 || extent.end < bytes),
    bytes,
    writtenAt,
    compression,
    members,
    open: (onRead) => Readable.from(open(onRead), { objectMode: false }),
    ...(extent === undefined
      ? {}
      : {
          openAt: (start: number, onRead?: (chunk: Buffer) => void) =>
            partOf(content, start, extent.end - extent.start - start).open(onRead),
        }),
    stored: (start) => extentContent(from, start).open(),
  }
}

/** A directory as a backup: it has members and no content of its own. */
export function backupDirectory(
  path: string,
  members: NonNullable<BackupFile['members']>,
  writtenAt: Date | null,
): BackupFile {
  const bytes = [...members.sizes.values()].reduce((sum, size) => sum + size, 0)
  const open = (): never => {
    throw new Error('A directory has no content of its own.')
  }
  return { path, bytes, writtenAt, compression: 'none', wrapped: false, members, open, stored: open }
}
