import { HarnessError } from '../../errors.ts'
import type { ByteReader } from './byte-reader.ts'

/** `files`: the `toc.dat` of a directory or tar archive, whose data lies in other files. */
export type ArchiveKind = 'custom' | 'files'

/** How the archive at hand writes numbers, and where it is being read. Source: pg_backup_archiver.c. */
export interface ArchiveReader {
  readonly bytes: ByteReader
  readonly kind: ArchiveKind
  /** Bytes of an integer without its sign, and of a file offset. */
  readonly intSize: number
  readonly offsetSize: number
}

/** ReadInt: a sign byte, then the number with its least byte first. */
export async function readInt({ bytes, intSize }: ArchiveReader): Promise<number> {
  const raw = bytes.ready(intSize + 1) ? bytes.now(intSize + 1) : await bytes.take(intSize + 1)
  const number = littleEndian(raw, 1)
  if ((raw[0] ?? 0) > 1 || number > 0xffff_ffff) throw corrupt(bytes, 'a number out of range')
  return raw[0] === 1 ? -number : number
}

/** ReadStr: its length, then its bytes; null when the length is negative. */
export async function readBytes(reader: ArchiveReader): Promise<Buffer | null> {
  const length = await readInt(reader)
  if (length < 0) return null
  if (length > longest) throw corrupt(reader.bytes, `a text of ${length} bytes`)
  return Buffer.from(await reader.bytes.take(length))
}

/** ReadOffset: whether the entry has data, and where it begins if that is known. */
export async function readOffset({
  bytes,
  offsetSize,
}: ArchiveReader): Promise<{ hasData: boolean; dataOffset: number | null }> {
  const flag = await bytes.byte()
  const offset = littleEndian(await bytes.take(offsetSize), 0)
  if (flag < 1 || flag > 3) throw corrupt(bytes, `a data offset flag ${flag}`)
  return { hasData: flag !== 3, dataOffset: flag === 2 ? offset : null }
}

/** The error for an archive that reads as nonsense at the reader's place. */
export function corrupt(bytes: ByteReader, what: string): HarnessError {
  return new HarnessError('backup-corrupt', `The archive is damaged: ${what} at byte ${bytes.position}.`, {
    hint: 'Copy the backup again in binary mode (a text-mode transfer or a shell redirection in PowerShell changes bytes), or take a new one.',
  })
}

/** Larger than any text the server could have given pg_dump. */
const longest = 2 ** 30

function littleEndian(bytes: Buffer, from: number): number {
  let number = 0
  for (let at = bytes.length - 1; at >= from; at--) number = number * 256 + (bytes[at] ?? 0)
  return number
}
