import { HarnessError } from '../../errors.ts'
import type { Compression, Members } from '../backup-format.ts'
import { compressions, decompressed } from '../compression.ts'
import { readError } from '../read-error.ts'
import { ByteReader } from './byte-reader.ts'
import { readHeader } from './header.ts'
import type { ArchiveHeader } from './header.ts'
import { readToc } from './toc.ts'
import type { Toc, TocEntry } from './toc.ts'

/** The table of contents of a dump whose data lies in files of its own, and its own bytes. */
export interface FilesArchive {
  readonly header: ArchiveHeader
  readonly toc: Toc
  readonly raw: Buffer
  /** Bytes of `raw` before the number of entries. */
  readonly headBytes: number
}

/** Reads `toc.dat`; throws HarnessError when it is damaged. */
export async function readFilesArchive(content: AsyncIterable<Buffer>): Promise<FilesArchive> {
  const chunks: Buffer[] = []
  for await (const chunk of content) chunks.push(Buffer.from(chunk))
  const raw = Buffer.concat(chunks)
  const bytes = new ByteReader(asChunks(raw))
  const { header, reader } = await readHeader(bytes, 'files')
  const headBytes = bytes.position
  return { header, toc: await readToc(reader, header), raw, headBytes }
}

async function* asChunks(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  yield bytes
}

/** A file of data: its name as stored, and how it is compressed. */
export interface DataFile {
  readonly name: string
  readonly compression: Compression
}

/** The file with this name, whatever compression its ending says; undefined when there is none. */
export function storedAs(members: Members, name: string): DataFile | undefined {
  if (members.sizes.has(name)) return { name, compression: 'none' }
  for (const compression of ['gzip', 'lz4', 'zstd'] as const) {
    const stored = name + compressions[compression].suffix
    if (members.sizes.has(stored)) return { name: stored, compression }
  }
  return undefined
}

/** As `storedAs`; throws HarnessError when it is not there. */
export function dataFile(members: Members, name: string, entry: TocEntry): DataFile {
  const found = storedAs(members, name)
  if (found !== undefined) return found
  const what = [entry.namespace, entry.tag].filter(Boolean).join('.')
  throw new HarnessError(
    'backup-incomplete',
    `The backup lacks the file ${name} with the ${isLargeObjects(entry) ? 'large objects' : `data of ${what}`}.`,
    { hint: 'Copy the whole directory again, or take a new backup.' },
  )
}

/** The content of a file of data, decompressed; damage is a HarnessError that names the file. */
export async function* contentOf(
  members: Members,
  { name, compression }: DataFile,
  onRead?: (chunk: Buffer) => void,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* decompressed(members.open(name, onRead), compression)
  } catch (error) {
    throw readError(name, error)
  }
}

export function isLargeObjects({ desc }: TocEntry): boolean {
  return desc === 'BLOBS'
}

/** The list of an entry's large objects: its name changed when archives got several of them (1.16). */
export function largeObjectList(members: Members, entry: TocEntry): DataFile {
  for (const name of [entry.fileName ?? '', `blobs_${entry.dumpId}.toc`, 'blobs.toc']) {
    const found = name.endsWith('.toc') ? storedAs(members, name) : undefined
    if (found !== undefined) return found
  }
  return dataFile(members, 'blobs.toc', entry)
}

/** The large objects in a list: `oid file` a line. */
export function largeObjectsIn(list: string): { oid: number; name: string }[] {
  return list
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, oid, name] = /^(\d+) (\S+)$/.exec(line) ?? []
      if (oid === undefined || name === undefined) {
        throw new HarnessError(
          'backup-corrupt',
          `The list of large objects is damaged: ${line.slice(0, 80)}`,
          {
            hint: 'Copy the backup again in binary mode, or take a new one.',
          },
        )
      }
      return { oid: Number(oid), name }
    })
}

/** All of a content that is small. */
export async function textOf(content: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of content) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
