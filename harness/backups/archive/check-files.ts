import { HarnessError } from '../../errors.ts'
import type { Compression, Members } from '../backup-format.ts'
import { contentOf, dataFile, isLargeObjects, largeObjectList, largeObjectsIn, textOf } from './files.ts'
import type { DataFile } from './files.ts'
import { linesIn } from '../lines.ts'
import type { TocEntry } from './toc.ts'

/** What reading every file of data showed. */
export interface CheckedFiles {
  /** Of the data: `none` when it is mixed. */
  readonly compression: Compression
  /** The content of the entries asked for, by number; one of more than 16 MiB is left out. */
  readonly kept: ReadonlyMap<number, Buffer>
  /** By `schema.table`; without tables whose data is no COPY data. */
  readonly rows: Readonly<Record<string, number>>
}

/**
 * Reads every file of data to its end. Throws one HarnessError for the first that is missing, damaged or cut off;
 * missing ones are found before anything is read.
 */
export async function checkFiles(
  members: Members,
  entries: readonly TocEntry[],
  wanted: ReadonlySet<number>,
): Promise<CheckedFiles> {
  const tables = entries.filter((entry) => entry.hasData && !isLargeObjects(entry))
  const files = tables.map((entry) => ({ entry, file: dataFile(members, entry.fileName ?? '', entry) }))
  const objects: DataFile[] = []
  for (const entry of entries.filter((entry) => entry.hasData && isLargeObjects(entry))) {
    const list = largeObjectsIn(await textOf(contentOf(members, largeObjectList(members, entry))))
    objects.push(...list.map(({ name }) => dataFile(members, name, entry)))
  }
  const kept = new Map<number, Buffer>()
  const rows: Record<string, number> = {}
  for (const { entry, file } of files) {
    const { data, lines } = await checkFile(members, file, entry, wanted.has(entry.dumpId))
    if (data !== undefined) kept.set(entry.dumpId, data)
    if (lines !== undefined) rows[`${entry.namespace ?? 'public'}.${entry.tag}`] = lines
  }
  for (const file of objects) for await (const _ of contentOf(members, file));
  const used = new Set(files.map(({ file }) => file.compression))
  return { compression: used.size === 1 ? (files[0]?.file.compression ?? 'none') : 'none', kept, rows }
}

/** COPY data ends with its terminator: of a file without compression nothing else tells that it is whole. */
async function checkFile(
  members: Members,
  file: DataFile,
  { copyStmt }: TocEntry,
  keep: boolean,
): Promise<{ data: Buffer | undefined; lines: number | undefined }> {
  const chunks: Buffer[] = []
  let bytes = 0
  let lines = 0
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of contentOf(members, file)) {
    bytes += chunk.length
    lines += linesIn(chunk)
    tail = Buffer.from(Buffer.concat([tail, chunk.subarray(-8)]).subarray(-8))
    if (keep && bytes <= mostKept) chunks.push(Buffer.from(chunk))
  }
  const isCopy = copyStmt !== null && copyStmt !== ''
  const end = /(?:^|\n)\\\.(\n*)$/.exec(tail.toString('latin1'))
  if (isCopy && end === null) {
    throw new HarnessError('backup-truncated', `The file ${file.name} of the backup is cut off.`, {
      hint: 'Copy the backup again, in binary mode, and compare sizes with the original; take a new one if that is short too.',
    })
  }
  return {
    data: keep && bytes <= mostKept ? Buffer.concat(chunks) : undefined,
    lines: isCopy ? lines - (end?.[1]?.length ?? 0) : undefined,
  }
}

const mostKept = 16 * 2 ** 20
