import { inflateSync, zstdDecompressSync } from 'node:zlib'
import { HarnessError } from '../../errors.ts'
import type { ArchiveHeader } from './header.ts'
import { corrupt, readInt } from './primitives.ts'
import type { ArchiveReader } from './primitives.ts'
import type { TocEntry } from './toc.ts'

/**
 * Walks over the blocks of data behind the table of contents, by their own lengths, and checks that every
 * entry with data has its block, whole. Returns the stored bytes of the blocks in `wanted`, by entry number;
 * one of more than 16 MiB is left out. `onBlock` hears where each begins. Source: pg_backup_custom.c.
 */
export async function walkBlocks(
  reader: ArchiveReader,
  entries: readonly TocEntry[],
  wanted: ReadonlySet<number>,
  onBlock: (dumpId: number, start: number) => void = () => {},
): Promise<Map<number, Buffer>> {
  const missing = new Map(entries.filter((entry) => entry.hasData).map((entry) => [entry.dumpId, entry]))
  const found = new Map<number, Buffer>()
  while (missing.size > 0) {
    if (await reader.bytes.ended()) throw truncated([...missing.values()])
    const start = reader.bytes.position
    const type = await reader.bytes.byte()
    const dumpId = await readInt(reader)
    onBlock(dumpId, start)
    if (!missing.delete(dumpId)) throw corrupt(reader.bytes, `an unexpected block ${dumpId}`)
    if (type === dataBlock) {
      const data = await readChunks(reader, wanted.has(dumpId))
      if (data !== undefined) found.set(dumpId, data)
    } else if (type === largeObjects) {
      while ((await readInt(reader)) !== 0) await readChunks(reader, false)
    } else {
      throw corrupt(reader.bytes, `a block of unknown type ${type}`)
    }
  }
  return found
}

/** The content of a block; null when its compression cannot be undone here, or it comes to more than 64 MiB. */
export function inflateBlock(data: Buffer, compression: ArchiveHeader['compression']): Buffer | null {
  const options = { maxOutputLength: 64 * 2 ** 20 }
  try {
    if (compression === 'none') return data
    if (compression === 'gzip') return inflateSync(data, options)
    return compression === 'zstd' ? zstdDecompressSync(data, options) : null
  } catch {
    return null
  }
}

const dataBlock = 1
const largeObjects = 3
const mostKept = 16 * 2 ** 20

/** Reads chunks up to the one of length 0; undefined when they are not kept. */
async function readChunks(reader: ArchiveReader, keep: boolean): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for (let length = await readInt(reader); length !== 0; length = await readInt(reader)) {
    if (length < 0) throw corrupt(reader.bytes, `a chunk of ${length} bytes`)
    bytes += length
    if (keep && bytes <= mostKept) chunks.push(Buffer.from(await reader.bytes.take(length)))
    else if (reader.bytes.ready(length)) reader.bytes.now(length)
    else await reader.bytes.skip(length)
  }
  return keep && bytes <= mostKept ? Buffer.concat(chunks) : undefined
}

function truncated(missing: readonly TocEntry[]): HarnessError {
  const names = missing.slice(0, 3).map((entry) => [entry.namespace, entry.tag].filter(Boolean).join('.'))
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
  return new HarnessError(
    'backup-truncated',
    `The archive is cut off: the data of ${names.join(', ')}${more} is missing.`,
    {
      hint: 'Copy the backup again, in binary mode, and compare its size with the original; take a new one if that is short too.',
    },
  )
}
