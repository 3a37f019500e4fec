import { escapeIdentifier } from 'pg'
import type { ArchiveSource } from './archive/source.ts'
import type { TocEntry } from './archive/toc.ts'
import type { Unit } from './units.ts'

/** The rows of a table, an index or a key of one, or what else has data, for pg_restore. */
export type Piece = Unit &
  (
    | { readonly kind: 'rows' | 'definition'; readonly entry: TocEntry }
    | { readonly kind: 'rest'; readonly entries: readonly TocEntry[] }
  )

/** An archive in the order in which it is restored. */
export interface Parts {
  /** They tell how the rest is to be read: every part needs them. */
  readonly settings: readonly TocEntry[]
  readonly first: readonly TocEntry[]
  readonly pieces: readonly Piece[]
  readonly last: readonly TocEntry[]
}

/**
 * Whether `partsOf` understands it: entries say when they have to come (archives since 8.4), names are qualified
 * (since 2018), and texts are in the encoding that we speak with the server.
 */
export function isPlain({ minor, toc }: ArchiveSource): boolean {
  return minor >= 11 && toc.encoding === 'UTF8' && toc.entries.some(({ desc }) => desc === 'SEARCHPATH')
}

/** Shares an archive out. Pure. */
export function partsOf(source: ArchiveSource): Parts {
  const { entries } = source.toc
  const byId = new Map(entries.map((entry) => [entry.dumpId, entry]))
  const settings = entries.filter(({ desc }) => ['ENCODING', 'STDSTRINGS', 'SEARCHPATH'].includes(desc))
  const tablesOf = ({ dependencies }: TocEntry): number[] =>
    dependencies.filter((id) => byId.get(id)?.desc === 'TABLE')
  const bytes = new Map<number, number>()
  const ofTables = (tables: readonly number[]): number =>
    Math.max(0, ...tables.map((table) => bytes.get(table) ?? 0))

  const loads = entries.filter((entry) => isPlainRows(entry) && tablesOf(entry).length === 1)
  for (const entry of loads) for (const table of tablesOf(entry)) bytes.set(table, source.bytesOf(entry))
  const rows = loads.map((entry): Piece => {
    const takes = tablesOf(entry)
    return { kind: 'rows', entry, weight: source.bytesOf(entry), shares: [], takes, after: [] }
  })
  const others = entries.filter((entry) => entry.section === 'data' && !loads.includes(entry))
  const rest: Piece = {
    kind: 'rest',
    entries: others,
    weight: others.reduce((sum, entry) => sum + source.bytesOf(entry), 0),
    shares: [],
    takes: others.flatMap(tablesOf),
    after: [],
  }
  const data = others.length === 0 ? rows : [...rows, rest]

  const post = entries.filter(({ section }) => section === 'post-data')
  const late = new Set(post.map(({ dumpId }) => dumpId))
  const isKey = ({ desc, dependencies }: TocEntry): boolean =>
    (desc === 'INDEX' || desc === 'CONSTRAINT') && !dependencies.some((id) => late.has(id))
  const keys = post.filter(isKey).map((entry): Piece & { entry: TocEntry } => {
    const tables = tablesOf(entry)
    const shares = entry.desc === 'INDEX' ? tables : []
    const takes = entry.desc === 'INDEX' ? [] : tables
    const after = data.filter((piece) => meet(piece, tables))
    return { kind: 'definition', entry, weight: ofTables(tables), shares, takes, after }
  })
  const keyIds = new Set(keys.map(({ entry }) => entry.dumpId))
  // The keys of partitioned tables are whole only when those of their partitions are attached, which comes last.
  const partitions = new Set(entries.filter(({ desc }) => desc === 'TABLE ATTACH').flatMap(tablesOf))
  const isReference = (entry: TocEntry): boolean =>
    entry.desc === 'FK CONSTRAINT' &&
    entry.dependencies.every((id) => !partitions.has(id) && (!late.has(id) || keyIds.has(id)))
  const references = post.filter(isReference).map((entry): Piece => {
    const takes = tablesOf(entry)
    const after = [...data, ...keys].filter((piece) => meet(piece, takes))
    return { kind: 'definition', entry, weight: ofTables(takes), shares: [], takes, after }
  })
  return {
    settings,
    first: entries.filter(({ section }) => section === 'pre-data'),
    pieces: [...data, ...keys, ...references],
    // Privileges and comments belong to no section, and to objects of any.
    last: entries.filter(
      (entry) =>
        (entry.section === 'none' && !settings.includes(entry)) ||
        (entry.section === 'post-data' && !isKey(entry) && !isReference(entry)),
    ),
  }
}

/** COPY into the very table that the entry is named after, and not by way of its partitioned one. */
function isPlainRows({ section, desc, namespace, tag, copyStmt }: TocEntry): boolean {
  if (section !== 'data' || desc !== 'TABLE DATA' || copyStmt === null || !namespace) return false
  const [, schema, table] =
    /^COPY ("(?:[^"]|"")+"|[^\s".(]+)\.("(?:[^"]|"")+"|[^\s".(]+) \([^;]*\) FROM stdin;\s*$/.exec(copyStmt) ??
    []
  return isName(schema, namespace) && isName(table, tag)
}

const isName = (written: string | undefined, name: string): boolean =>
  written === name || written === escapeIdentifier(name)

const meet = ({ shares, takes }: Unit, tables: readonly number[]): boolean =>
  tables.some((table) => shares.includes(table) || takes.includes(table))
