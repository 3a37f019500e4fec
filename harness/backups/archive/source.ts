import type { BackupFile, Members } from '../backup-format.ts'
import { headOf } from '../content.ts'
import type { RowsRequest } from '../rows-protocol.ts'
import { walkBlocks } from './blocks.ts'
import { ByteReader } from './byte-reader.ts'
import { dataFile, storedAs } from './files.ts'
import type { FilesArchive } from './files.ts'
import { readHeader } from './header.ts'
import { readInt } from './primitives.ts'
import type { ArchiveReader } from './primitives.ts'
import { asCustomArchive, customToc, intOf } from './to-custom.ts'
import { readToc } from './toc.ts'
import type { Toc, TocEntry } from './toc.ts'

/** An archive that can be read entry by entry, in any order and several at a time. */
export interface ArchiveSource {
  readonly minor: number
  readonly toc: Toc
  /** Of an entry's data, as it is stored. */
  bytesOf(entry: TocEntry): number
  /** What a table's entry has for COPY. */
  rows(entry: TocEntry, onRead: OnRead): StoredRows
  /** A custom archive of these entries alone, with their data, as pg_restore reads it from its stdin. */
  part(wanted: ReadonlySet<TocEntry>, onRead: OnRead): AsyncIterable<Buffer>
}

/** Rows as they are stored. */
export interface StoredRows {
  /** The file that they lie in, for people. */
  readonly name: string
  readonly compression: RowsRequest['compression']
  readonly chunks: AsyncIterable<Buffer>
}

type OnRead = (chunk: Buffer) => void

/** A dump in files of its own. */
export function filesSource(archive: FilesArchive, members: Members): ArchiveSource {
  const { header, toc } = archive
  return {
    minor: header.minor,
    toc,
    bytesOf: ({ fileName }) => {
      const stored = fileName === null ? undefined : storedAs(members, fileName)
      return stored === undefined ? 0 : (members.sizes.get(stored.name) ?? 0)
    },
    rows: (entry, onRead) => {
      const { name, compression } = dataFile(members, entry.fileName ?? '', entry)
      return { name, compression, chunks: members.open(name, onRead) }
    },
    part: (wanted, onRead) => asCustomArchive(archive, members, onRead, (entry) => wanted.has(entry)),
  }
}

/**
 * A custom archive as it lies on a disk; undefined of one that comes out of a further compression. What pg_dump wrote
 * into a pipe does not say where each entry's data begins, so it is read once to find out. Source: pg_backup_custom.c.
 */
export async function customSource(file: BackupFile): Promise<ArchiveSource | undefined> {
  const openAt = file.openAt?.bind(file)
  if (openAt === undefined) return undefined
  const bytes = new ByteReader(openAt(0))
  const { header, reader } = await readHeader(bytes, 'custom')
  const headBytes = bytes.position
  const toc = await readToc(reader, header)
  const tocBytes = bytes.position
  const places = await placesOf(toc.entries, reader)
  await bytes.close()
  const raw = await headOf({ open: () => openAt(0) }, tocBytes)
  const starts = [...places.values()].toSorted((one, other) => one - other)
  const { intSize, offsetSize } = reader
  const at = (offset: number, onRead?: OnRead): ArchiveReader => ({
    ...reader,
    bytes: new ByteReader(openAt(offset, onRead)),
  })
  return {
    minor: header.minor,
    toc,
    bytesOf: ({ dumpId }) => {
      const from = places.get(dumpId)
      return from === undefined ? 0 : (starts.find((start) => start > from) ?? file.bytes) - from
    },
    rows: ({ dumpId }, onRead) => ({
      name: file.path,
      compression: header.compression === 'gzip' ? 'zlib' : header.compression,
      chunks: dataOf(at(places.get(dumpId) ?? 0, onRead)),
    }),
    async *part(wanted, onRead) {
      yield raw.subarray(0, headBytes)
      yield intOf(wanted.size, intSize)
      const entries = { entries: toc.entries, wanted: (entry: TocEntry) => wanted.has(entry) }
      yield* customToc(raw, headBytes + intSize + 1, entries, offsetSize)
      for (const entry of toc.entries) {
        const start = wanted.has(entry) ? places.get(entry.dumpId) : undefined
        if (start === undefined) continue
        const block = at(start, onRead)
        yield* wholeBlock(block)
        await block.bytes.close()
      }
    },
  }
}

const chunkSize = 256 * 1024

/** Where the data of each entry begins, by its number; `reader` stands behind the table of contents. */
async function placesOf(
  entries: readonly TocEntry[],
  reader: ArchiveReader,
): Promise<ReadonlyMap<number, number>> {
  const withData = entries.filter(({ hasData }) => hasData)
  const places = new Map<number, number>()
  for (const { dumpId, dataOffset } of withData) if (dataOffset !== null) places.set(dumpId, dataOffset)
  if (places.size < withData.length)
    await walkBlocks(reader, entries, new Set(), (dumpId, start) => void places.set(dumpId, start))
  return places
}

/** What a table's block holds. */
async function* dataOf(block: ArchiveReader): AsyncGenerator<Buffer, void, undefined> {
  try {
    await block.bytes.byte()
    await readInt(block)
    yield* chunksOf(block)
  } finally {
    await block.bytes.close()
  }
}

/** What a block holds up to the chunk of length 0, without the lengths; many small chunks at a time. */
async function* chunksOf(reader: ArchiveReader): AsyncGenerator<Buffer, void, undefined> {
  const { bytes } = reader
  let gathered: Buffer[] = []
  let size = 0
  for (let length = await readInt(reader); length !== 0; length = await readInt(reader)) {
    const chunk = bytes.ready(length) ? bytes.now(length) : await bytes.take(length)
    gathered.push(chunk)
    size += length
    if (size < chunkSize) continue
    yield Buffer.concat(gathered)
    gathered = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(gathered)
}

/** A block as it lies in the archive; one of large objects has a list of its own, which ends with 0. */
async function* wholeBlock(reader: ArchiveReader): AsyncGenerator<Buffer, void, undefined> {
  const int = (value: number): Buffer => intOf(value, reader.intSize)
  const type = await reader.bytes.byte()
  yield Buffer.concat([Buffer.from([type]), int(await readInt(reader))])
  if (type !== largeObjects) return yield* withLengths(reader, int)
  for (let oid = await readInt(reader); oid !== 0; oid = await readInt(reader)) {
    yield int(oid)
    yield* withLengths(reader, int)
  }
  yield int(0)
}

const largeObjects = 3

async function* withLengths(
  reader: ArchiveReader,
  int: (value: number) => Buffer,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunksOf(reader)) yield Buffer.concat([int(chunk.length), chunk])
  yield int(0)
}
