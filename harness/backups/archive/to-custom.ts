import type { Members } from '../backup-format.ts'
import { contentOf, dataFile, isLargeObjects, largeObjectList, largeObjectsIn, textOf } from './files.ts'
import type { FilesArchive } from './files.ts'
import type { TocEntry } from './toc.ts'

/**
 * The same dump as one uncompressed custom archive, as pg_dump writes it into a pipe: pg_restore reads it from its
 * stdin wherever it runs, and nothing is written to a disk. `wanted` leaves entries out, with their data. Sources:
 * pg_backup_directory.c, pg_backup_custom.c.
 */
export async function* asCustomArchive(
  { header, toc, raw, headBytes }: FilesArchive,
  members: Members,
  onRead?: (chunk: Buffer) => void,
  wanted: (entry: TocEntry) => boolean = () => true,
): AsyncGenerator<Buffer, void, undefined> {
  const sizes = { int: raw[8] ?? 4, offset: raw[9] ?? 8 }
  const int = (value: number): Buffer => intOf(value, sizes.int)
  yield customHead(raw.subarray(0, headBytes), header.minor, sizes.int)
  yield int(toc.entries.filter(wanted).length)
  yield* customToc(raw, headBytes + sizes.int + 1, { ...toc, wanted }, sizes.offset)
  for (const entry of toc.entries) {
    if (!entry.hasData || !wanted(entry)) continue
    if (isLargeObjects(entry)) {
      yield Buffer.concat([Buffer.from([3]), int(entry.dumpId)])
      const list = await textOf(contentOf(members, largeObjectList(members, entry)))
      for (const { oid, name } of largeObjectsIn(list)) {
        yield int(oid)
        yield* chunked(contentOf(members, dataFile(members, name, entry), onRead), int)
      }
      yield int(0)
    } else {
      yield Buffer.concat([Buffer.from([1]), int(entry.dumpId)])
      const file = dataFile(members, entry.fileName ?? '', entry)
      yield* chunked(contentOf(members, file, onRead), int)
    }
  }
}

/** The format's number stands at byte 10, the compression behind it: a level until 1.14, a method since. */
function customHead(head: Buffer, minor: number, intSize: number): Buffer {
  const custom = Buffer.from(head)
  custom[10] = 1
  custom.fill(0, 11, 11 + (minor >= 15 ? 1 : intSize + 1))
  return custom
}

/** Every entry as it is but for the place of its data: not known, or none. */
export function* customToc(
  raw: Buffer,
  from: number,
  { entries, wanted }: { entries: readonly TocEntry[]; wanted: (entry: TocEntry) => boolean },
  offsetSize: number,
): Generator<Buffer, void, undefined> {
  let at = from
  for (const entry of entries) {
    const { place, hasData } = entry
    if (wanted(entry)) {
      yield raw.subarray(at, place.from)
      yield Buffer.from([hasData ? 1 : 3, ...Buffer.alloc(offsetSize)])
    }
    at = place.to
  }
}

async function* chunked(
  content: AsyncIterable<Buffer>,
  int: (value: number) => Buffer,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of content) {
    if (chunk.length > 0) yield Buffer.concat([int(chunk.length), chunk])
  }
  yield int(0)
}

/** WriteInt: a sign byte, then the number with its least byte first. */
export function intOf(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size + 1)
  bytes.writeUIntLE(value, 1, Math.min(size, 6))
  return bytes
}
