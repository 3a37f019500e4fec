import { Readable } from 'node:stream'
import type { BackupFile, Compression } from './backup-format.ts'
import { partOf, type Content } from './content.ts'

/** A file on disk as a backup, read through `content`. */
export function backupFile(
  content: Content,
  { bytes, compression }: { bytes: number; compression: Compression },
  members?: BackupFile['members'],
): BackupFile {
  const { path, open, extent } = content
  return {
    path,
    wrapped: extent !== undefined && (extent.start > 0 || extent.end < bytes),
    bytes,
    compression,
    members,
    open: (onRead) => Readable.from(open(onRead), { objectMode: false }),
    ...(extent === undefined
      ? {}
      : {
          openAt: (start: number, onRead?: (chunk: Buffer) => void) =>
            partOf(content, start, extent.end - extent.start - start).open(onRead),
        }),
  }
}

/** A directory as a backup: it has members and no content of its own. */
export function backupDirectory(path: string, members: NonNullable<BackupFile['members']>): BackupFile {
  const bytes = [...members.sizes.values()].reduce((sum, size) => sum + size, 0)
  const open = (): never => {
    throw new Error('A directory has no content of its own.')
  }
  return { path, bytes, compression: 'none', wrapped: false, members, open }
}
