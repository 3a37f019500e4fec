import { dirname } from 'node:path'
import type { Client } from 'pg'
import type { Manifest } from '../backups/manifest.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { bytes } from '../reports/text.ts'
import { freeBytes } from '../runs/free-bytes.ts'
import type { Run } from '../runs/run.ts'
import { version } from '../version.ts'
import { countRows, listTables, type CountedRows } from './count-rows.ts'
import { describeSource } from './describe.ts'
import { chooseDumpTool } from './dump-tool.ts'
import { finishBackup } from './finish-backup.ts'
import { roleStatements } from './roles.ts'
import { openSession } from './session.ts'
import type { Source } from './source.ts'
import { openTarget, sync } from './target.ts'

export interface BackupRequest {
  readonly source: Source
  /** The directory to make; absolute. */
  readonly path: (databaseName: string) => string
  /** Sessions that dump, and as many that count. */
  readonly jobs: number
  readonly countRows: boolean
  readonly run: Run
  readonly signal: AbortSignal
  readonly onProgress: (detail: string) => void
}

/** A backup that is whole and has its name. */
export interface TakenBackup {
  readonly path: string
  readonly manifest: Manifest
  /** Tables whose rows were to be counted and were not, with the reason. */
  readonly uncounted: readonly CountedRows[]
}

/**
 * Dumps the whole database into a directory of its own, with a manifest; reads only, in one snapshot. Throws
 * HarnessError, and the signal's reason when it is aborted; whatever happens, nothing unfinished is left.
 */
export async function takeBackup(request: BackupRequest): Promise<TakenBackup> {
  try {
    return await take(request)
  } catch (error) {
    request.signal.throwIfAborted()
    throw sourceProblem(request.source, error)
  }
}

async function take(request: BackupRequest): Promise<TakenBackup> {
  const { signal, onProgress } = request
  signal.throwIfAborted()
  onProgress('connecting')
  const startedAt = new Date().toISOString()
  const client = await openSession(request.source, catalogTimeoutMs)
  try {
    const { major, tableBytes, ...described } = await describeSource(client)
    const roles = await roleStatements(client)
    // A password that was found in a password file must reach pg_dump wherever it runs.
    const source = withPassword(request.source, client)
    const tool = await chooseDumpTool(source, major, request.run)
    try {
      const path = request.path(described.database.name)
      const target = await openTarget(path)
      try {
        await requireDisk(dirname(path), tableBytes)
        const snapshot = await exportSnapshot(client)
        onProgress(`pg_dump ${tool.version} (${tool.from}) is dumping ${described.database.name}`)
        const counted = await together(request.signal, (both) => [
          tool.dump(target.directory, {
            ...request,
            snapshot,
            isReplica: described.server.isReplica,
            signal: both,
          }),
          countAll(client, source, { ...request, snapshot, signal: both }),
        ])
        onProgress('reading the dump back')
        const draft = {
          schemaVersion: 1,
          kind: 'pg-rehearsal backup',
          tool: { name: 'pg-rehearsal', version },
          startedAt,
          pgDump: { version: tool.version, from: tool.from },
          ...described,
          roles,
        } as const
        const manifest = await finishBackup(target.directory, draft, counted)
        signal.throwIfAborted()
        await sync(target.directory)
        await target.finish()
        const uncounted = request.countRows ? counted.filter(({ rows }) => rows === null) : []
        return { path, manifest, uncounted }
      } finally {
        await target.dispose()
      }
    } finally {
      await tool.close()
    }
  } finally {
    await client.end().catch(() => {})
  }
}

const catalogTimeoutMs = 300_000

/** What the source said in the middle of it, or that it is gone; anything else as it is. */
function sourceProblem({ name }: Source, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const isServers = /^[0-9A-Z]{5}$/.test(code) && error instanceof Error && 'severity' in error
  if (
    error instanceof HarnessError ||
    !(isServers || /^Connection terminated|ECONNRESET/.test(messageOf(error)))
  )
    return error
  return new HarnessError('source-failed', `${name} did not let the backup go on: ${messageOf(error)}.`, {
    hint: 'Nothing was left behind. See whether something holds locks there, or ended the session, then try again.',
    cause: error,
  })
}

function withPassword(source: Source, client: Client): Source {
  const password = typeof client.password === 'string' ? client.password : source.connection.password
  return { ...source, connection: { ...source.connection, password } }
}

/** Compressed data comes to a third of its tables or less, mostly; half of them is asked for. */
async function requireDisk(directory: string, tableBytes: number): Promise<void> {
  const free = await freeBytes(directory)
  const needed = tableBytes / 2
  if (free >= needed) return
  throw new HarnessError(
    'disk-too-small',
    `A backup of tables of ${bytes(tableBytes)} may need ${bytes(needed)}, and ${directory} has ${bytes(free)} free.`,
    { hint: 'Free some space, or write it to a larger disk.' },
  )
}

/** The transaction has to stay open for as long as others use it. */
async function exportSnapshot(client: Client): Promise<string> {
  await client.query('begin isolation level repeatable read read only')
  const { rows } = await client.query<{ snapshot: string }>(
    'select pg_catalog.pg_export_snapshot() as snapshot',
  )
  return rows[0]?.snapshot ?? ''
}

async function countAll(
  client: Client,
  source: Source,
  { countRows: wanted, snapshot, jobs, signal }: BackupRequest & { snapshot: string },
): Promise<CountedRows[]> {
  const tables = await listTables(client)
  if (!wanted) return tables.map((table) => ({ ...table, rows: null, reason: null }))
  return await countRows(source, tables, { snapshot, parallelism: jobs, signal })
}

/** Both, and the second one's result; when one fails the other is ended, and what failed first is thrown. */
async function together<Result>(
  signal: AbortSignal,
  start: (signal: AbortSignal) => readonly [Promise<unknown>, Promise<Result>],
): Promise<Result> {
  const failed = new AbortController()
  const [first, second] = start(AbortSignal.any([signal, failed.signal]))
  const watch = async <Value>(work: Promise<Value>): Promise<Value> => {
    try {
      return await work
    } catch (error) {
      failed.abort(error)
      throw error
    }
  }
  const results = await Promise.allSettled([watch(second), watch(first)])
  signal.throwIfAborted()
  if (failed.signal.aborted) throw failed.signal.reason
  const [result] = results
  if (result.status === 'rejected') throw result.reason
  return result.value
}
