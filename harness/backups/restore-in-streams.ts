import { availableParallelism } from 'node:os'
import { Readable } from 'node:stream'
import type { FilesArchive } from './archive/files.ts'
import { storedAs } from './archive/files.ts'
import { asCustomArchive } from './archive/to-custom.ts'
import type { TocEntry } from './archive/toc.ts'
import type { Members, RestoreMessage, RestoreOutcome, RestoreRequest } from './backup-format.ts'
import { defuse } from './defuse.ts'
import { missingTables } from './missing-tables.ts'
import { checkPgRestore, pass } from './pg-restore.ts'

/**
 * What `pg_restore --jobs` does, for a pg_restore that cannot see the files, in a container say: `--jobs` reads no
 * stdin, so several of them are fed at the same time, each with its own part of the archive. First all definitions;
 * then data, shared out by size; then indexes and keys, shared out by the size of their tables; then, one by one and in
 * the archive's order, what takes locks on several tables or builds on those.
 */
export async function restoreInStreams(
  request: RestoreRequest,
  archive: FilesArchive,
  members: Members,
  streams: number = availableParallelism(),
): Promise<RestoreOutcome> {
  const { facts, server, database, onProgress, file } = request
  const method = await checkPgRestore(facts, (tool) => server.toolVersion(tool))
  const { first, data, keys, last } = partsOf(archive, members)
  let read = 0
  const onRead = (chunk: Buffer): void => {
    read += chunk.length
    onProgress(Math.min(read, file.bytes))
  }
  const messages: RestoreMessage[] = []
  const feed = async (part: readonly TocEntry[]): Promise<RestoreMessage[]> => {
    const wanted = new Set(part)
    const content = asCustomArchive(archive, members, onRead, (it) => wanted.has(it) || isSetting(it))
    const stdin = Readable.from(content, { objectMode: false })
    return await pass(request, { args: ['--format=custom'], stdin }, [])
  }
  const run = async (parts: readonly (readonly TocEntry[])[]): Promise<void> => {
    const working = parts.filter((part) => part.length > 0).map(async (part) => await feed(part))
    // Every one is waited for: what is left running would go on writing.
    const results = await Promise.allSettled(working)
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason
      messages.push(...result.value)
    }
  }
  await run([first])
  if (facts.foreignServers.length > 0) await defuse(server.connection(database))
  await run(shared(data, streams))
  await run(shared(keys, streams))
  await run([last])
  return { method, messages: [...messages, ...(await missingTables(server, database, facts.tables))] }
}

/** Whether its entries say when they have to come, as archives since 8.4 do. */
export function isSectioned({ header }: FilesArchive): boolean {
  return header.minor >= 11
}

/** Entries for one stream, with how long they may take, in bytes. */
interface Weighed {
  readonly entries: readonly TocEntry[]
  readonly weight: number
}

interface Parts {
  readonly first: readonly TocEntry[]
  readonly data: readonly Weighed[]
  readonly keys: readonly Weighed[]
  readonly last: readonly TocEntry[]
}

function partsOf({ toc: { entries } }: FilesArchive, members: Members): Parts {
  const isTableData = ({ section, desc }: TocEntry): boolean => section === 'data' && desc === 'TABLE DATA'
  const rest = entries.filter((entry) => entry.section === 'data' && !isTableData(entry))
  const post = entries.filter(({ section }) => section === 'post-data')
  const late = new Set(post.map(({ dumpId }) => dumpId))
  const bytes = new Map<number, number>()
  for (const entry of entries) {
    if (entry.desc === 'TABLE DATA')
      for (const table of entry.dependencies) bytes.set(table, sizeOf(entry, members))
  }
  // Each takes a lock on one table alone, so that none waits for another in a circle.
  const isKey = ({ desc, dependencies }: TocEntry): boolean =>
    (desc === 'INDEX' || desc === 'CONSTRAINT') && !dependencies.some((id) => late.has(id))
  const ofTable = ({ dependencies }: TocEntry): number =>
    Math.max(0, ...dependencies.map((id) => bytes.get(id) ?? 0))
  return {
    first: entries.filter(({ section }) => section === 'pre-data'),
    data: [
      // Large objects are there before their data: these stay in one stream, in their order.
      { entries: rest, weight: rest.reduce((sum, entry) => sum + sizeOf(entry, members), 0) },
      ...entries.filter(isTableData).map((entry) => ({ entries: [entry], weight: sizeOf(entry, members) })),
    ],
    keys: post.filter(isKey).map((entry) => ({ entries: [entry], weight: ofTable(entry) })),
    // Privileges and comments belong to no section, and to objects of any.
    last: entries.filter(
      (entry) => entry.section === 'none' || (entry.section === 'post-data' && !isKey(entry)),
    ),
  }
}

function sizeOf(entry: TocEntry, members: Members): number {
  const stored = entry.fileName === null ? undefined : storedAs(members, entry.fileName)
  return stored === undefined ? 0 : (members.sizes.get(stored.name) ?? 0)
}

/** The heaviest first, each to whoever has least; within a part in the archive's order. */
function shared(units: readonly Weighed[], parts: number): TocEntry[][] {
  const loads = Array.from({ length: Math.max(1, parts) }, () => ({ weight: 0, units: new Set<Weighed>() }))
  for (const unit of units.toSorted((one, other) => other.weight - one.weight)) {
    const least = loads.reduce((best, each) => (each.weight < best.weight ? each : best))
    least.weight += unit.weight + 1
    least.units.add(unit)
  }
  return loads.map((load) => units.flatMap((unit) => (load.units.has(unit) ? unit.entries : [])))
}

/** Tells how the rest is to be read: every part needs them. */
function isSetting({ desc }: TocEntry): boolean {
  return desc === 'ENCODING' || desc === 'STDSTRINGS' || desc === 'SEARCHPATH'
}
