import { decoderOf } from '../sql/decode.ts'
import type { ArchiveHeader } from './header.ts'
import { corrupt, readBytes, readInt, readOffset } from './primitives.ts'
import type { ArchiveReader } from './primitives.ts'

/** One entry of an archive's table of contents. */
export interface TocEntry {
  readonly dumpId: number
  readonly tag: string
  /** `TABLE`, `TABLE DATA`, `ACL`, `POLICY`, `EXTENSION`, ... */
  readonly desc: string
  readonly section: 'none' | 'pre-data' | 'data' | 'post-data'
  readonly defn: string | null
  readonly dropStmt: string | null
  readonly copyStmt: string | null
  readonly namespace: string | null
  readonly tablespace: string | null
  readonly tableAccessMethod: string | null
  /** As in pg_class, of tables in archives from 1.16 on; null otherwise. */
  readonly relkind: string | null
  readonly owner: string | null
  readonly dependencies: readonly number[]
  /** A block of data belongs to it. */
  readonly hasData: boolean
  /** Where that block begins in the uncompressed file; null when pg_dump could not write it. */
  readonly dataOffset: number | null
  /** The file with its data, without the ending of its compression; null in a custom archive. */
  readonly fileName: string | null
  /** Where the last two are written: `from` and `to` in the table of contents' own file. */
  readonly place: { readonly from: number; readonly to: number }
}

export interface Toc {
  readonly entries: readonly TocEntry[]
  /** Client encoding of the data and of every text here. */
  readonly encoding: string | null
  readonly standardStrings: boolean
}

/** Reads the table of contents and leaves the bytes at the first block. Source: ReadToc in pg_backup_archiver.c. */
export async function readToc(reader: ArchiveReader, { minor }: ArchiveHeader): Promise<Toc> {
  const count = await readInt(reader)
  if (count < 0 || count > 50_000_000) throw corrupt(reader.bytes, `${count} entries`)
  const entries: TocEntry[] = []
  let encoding: string | null = null
  let standardStrings = true
  let decode = decoderOf(encoding)
  for (let index = 0; index < count; index++) {
    const entry = await readEntry(reader, minor, decode)
    entries.push(entry)
    if (entry.desc === 'ENCODING') {
      encoding = setting(entry)
      decode = decoderOf(encoding)
    } else if (entry.desc === 'STDSTRINGS') {
      standardStrings = setting(entry) !== 'off'
    }
  }
  return { entries, encoding, standardStrings }
}

async function readEntry(
  reader: ArchiveReader,
  minor: number,
  decode: (bytes: Buffer) => string,
): Promise<TocEntry> {
  const text = async (): Promise<string | null> => {
    const bytes = await readBytes(reader)
    return bytes === null ? null : decode(bytes)
  }
  const dumpId = await readInt(reader)
  if (dumpId <= 0) throw corrupt(reader.bytes, `an entry number ${dumpId}`)
  await readInt(reader) // whether pg_dump had a dumper for it
  await text() // tableoid
  await text() // oid
  // The order of these is the order of the file.
  return {
    dumpId,
    tag: (await text()) ?? '',
    desc: (await text()) ?? '',
    section: minor >= 11 ? await readSection(reader) : 'none',
    defn: await text(),
    dropStmt: await text(),
    copyStmt: await text(),
    namespace: await text(),
    tablespace: await text(),
    tableAccessMethod: minor >= 14 ? await text() : null,
    relkind: minor >= 16 ? relkindOf(await readInt(reader)) : null,
    owner: await text(),
    dependencies: await readDependencies(text),
    ...(await readPlace(reader)),
  }
}

type Place = Pick<TocEntry, 'hasData' | 'dataOffset' | 'fileName' | 'place'>

async function readPlace(reader: ArchiveReader): Promise<Place> {
  const from = reader.bytes.position
  if (reader.kind === 'custom') {
    const offset = await readOffset(reader)
    return { ...offset, fileName: null, place: { from, to: reader.bytes.position } }
  }
  const fileName = (await readBytes(reader))?.toString() ?? ''
  const hasData = fileName !== ''
  return {
    hasData,
    dataOffset: null,
    fileName: hasData ? fileName : null,
    place: { from, to: reader.bytes.position },
  }
}

async function readSection(reader: ArchiveReader): Promise<TocEntry['section']> {
  const section = sections[(await readInt(reader)) - 1]
  if (section === undefined) throw corrupt(reader.bytes, 'an unknown section')
  return section
}

const sections = ['none', 'pre-data', 'data', 'post-data'] as const

function relkindOf(code: number): string | null {
  return code === 0 ? null : String.fromCharCode(code)
}

async function readDependencies(text: () => Promise<string | null>): Promise<number[]> {
  await text() // whether the table has OIDs
  const dependencies: number[] = []
  for (let next = await text(); next !== null; next = await text()) dependencies.push(Number(next))
  return dependencies
}

/** The value of `SET name = 'value';`. */
function setting({ defn }: TocEntry): string | null {
  return /'([^']*)'/.exec(defn ?? '')?.[1] ?? null
}
