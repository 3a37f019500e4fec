import { availableParallelism } from 'node:os'
import { Readable } from 'node:stream'
import { DatabaseError, escapeIdentifier, type Client } from 'pg'
import { HarnessError, messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { ArchiveSource, StoredRows } from './archive/source.ts'
import type { TocEntry } from './archive/toc.ts'
import type { RestoreMessage, RestoreOutcome, RestoreRequest } from './backup-format.ts'
import { defuse } from './defuse.ts'
import { missingTables } from './missing-tables.ts'
import { checkPgRestore, pass } from './pg-restore.ts'
import { readError } from './read-error.ts'
import { excerpt, fatalError, restoreError } from './restore-error.ts'
import { partsOf, type Piece } from './restore-parts.ts'
import { startRowsThread, type RowsThread } from './rows-thread.ts'
import { doUnits } from './units.ts'

/**
 * What `pg_restore --jobs` does, for a pg_restore that cannot see the files, in a container say. Definitions, large
 * objects and whatever is not plain are left to pg_restore, which is fed with them alone. The rows of tables go from
 * here into COPY, their indexes and keys are made as soon as they are in, and foreign keys as soon as both tables have
 * theirs; several at a time. Last comes, again by pg_restore and in the archive's order, what builds on those.
 */
export async function restoreInParallel(
  request: RestoreRequest,
  source: ArchiveSource,
  workers: number = availableParallelism(),
): Promise<RestoreOutcome> {
  const { facts, server, database, onProgress, signal, file } = request
  const method = await checkPgRestore(facts, (tool) => server.toolVersion(tool))
  const { first, pieces, last, settings } = partsOf(source)
  let read = 0
  const onRead = (chunk: Buffer): void => {
    read += chunk.length
    onProgress(Math.min(read, file.bytes))
  }
  const feed = async (entries: readonly TocEntry[]): Promise<RestoreMessage[]> => {
    if (entries.length === 0) return []
    const content = source.part(new Set([...settings, ...entries]), onRead)
    const stdin = Readable.from(content, { objectMode: false })
    return await pass(request, { args: ['--format=custom'], stdin }, [])
  }
  const messages = await feed(first)
  if (facts.foreignServers.length > 0) await defuse(server.connection(database))
  const connection = server.connection(database)
  const session = sessionOf(settings)
  const thread = startRowsThread()
  const apply = async ({ kind, ...piece }: Piece): Promise<RestoreMessage[]> => {
    if ('entries' in piece) return await feed(piece.entries)
    if (kind === 'rows')
      return await loadRows(
        thread,
        { connection, session, entry: piece.entry },
        source.rows(piece.entry, onRead),
        signal,
      )
    return await withClient(connection, async (client) => {
      await client.query(session)
      return await define(client, piece.entry, signal)
    })
  }
  try {
    await doUnits(pieces, workers, async (piece) => {
      signal.throwIfAborted()
      messages.push(...(await apply(piece)))
    })
  } finally {
    await thread.close()
  }
  messages.push(...(await feed(last)))
  return { method, messages: [...messages, ...(await missingTables(server, database, facts.tables))] }
}

/** Bytes of a backup; less is restored before further sessions have begun. */
export const worthWorkers = 32 * 2 ** 20

/** As pg_restore does it itself, with what the archive says of names and quotes. */
function sessionOf(settings: readonly TocEntry[]): string {
  const own = [`set client_encoding = 'UTF8'`, 'set row_security = off', 'set xmloption = content']
  const said = settings.flatMap(({ desc, defn }) => (desc === 'ENCODING' || defn === null ? [] : [defn]))
  return [...own, ...said.map((text) => text.trim().replace(/;$/, ''))].join(';\n')
}

/**
 * In one transaction with a TRUNCATE, as pg_restore does with --jobs: where the server's log is minimal, rows of a table
 * that is new in it are not logged. Frozen at once, they need not be written again by the vacuum that follows.
 * https://www.postgresql.org/docs/current/populate.html#POPULATE-COPY-FROM
 */
async function loadRows(
  thread: RowsThread,
  { connection, session, entry }: { connection: Connection; session: string; entry: TocEntry },
  { name, compression, chunks }: StoredRows,
  signal: AbortSignal,
): Promise<RestoreMessage[]> {
  const begin = `${session}; begin; truncate table only ${nameOf(entry)}`
  const copy = (entry.copyStmt ?? '').replace(/;\s*$/, ' with (freeze)')
  return await judged(entry, signal, async () => {
    await thread
      .load({ connection, begin, copy, compression }, named(chunks, name), signal)
      .catch((error) => {
        throw isDamage(error) ? readError(name, error) : error
      })
  })
}

/** What goes wrong while reading is told with the file's name. */
async function* named(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* chunks
  } catch (error) {
    throw readError(name, error)
  }
}

/** Of what is compressed. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:Z|ZSTD)_/.test(String(error.code))
}

async function define(client: Client, entry: TocEntry, signal: AbortSignal): Promise<RestoreMessage[]> {
  return await judged(entry, signal, async () => {
    const { tablespace, defn } = entry
    if (tablespace) await client.query(`set default_tablespace = ${escapeIdentifier(tablespace)}`)
    const ended = () => client.connection.stream.destroy()
    signal.addEventListener('abort', ended, { once: true })
    try {
      await client.query(defn ?? '')
    } finally {
      signal.removeEventListener('abort', ended)
    }
  })
}

/** What the server refuses loses an object, as with pg_restore; whatever else goes wrong ends the restore. */
async function judged(
  { desc, tag, defn, copyStmt }: TocEntry,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<RestoreMessage[]> {
  try {
    await work()
    return []
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof HarnessError) throw error
    const fatal = fatalError(messageOf(error))
    if (fatal !== undefined) throw fatal
    if (!(error instanceof DatabaseError)) throw restoreError(messageOf(error), defn ?? copyStmt ?? undefined)
    const { message, detail, where } = error
    const context = [detail && `DETAIL: ${excerpt(detail)}`, where && `CONTEXT: ${excerpt(where)}`]
    const text = [`${desc} ${tag}: ${message}`, ...context.filter(Boolean)].join(' ')
    return [{ kind: 'degraded', text }]
  }
}

function nameOf({ namespace, tag }: TocEntry): string {
  return [namespace, tag].flatMap((name) => (name ? [escapeIdentifier(name)] : [])).join('.')
}
