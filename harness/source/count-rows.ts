import { escapeIdentifier } from 'pg'
import type { Client } from 'pg'
import { inParallel } from '../catalog/data-session.ts'
import { messageOf } from '../errors.ts'
import { openSession } from './session.ts'
import type { Source } from './source.ts'

/** Rows of one table of the source; null with the reason when they could not be counted. */
export interface CountedRows {
  readonly schema: string
  readonly name: string
  readonly rows: number | null
  readonly reason: string | null
}

/** A table that takes longer is left without a count. */
const countTimeoutMs = 3_600_000

/** Every table whose rows pg_dump writes, the largest first: partitions each on their own. */
export async function listTables(client: Client): Promise<{ schema: string; name: string }[]> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        and not (c.relpersistence = 'u' and pg_catalog.pg_is_in_recovery())
        and not exists (select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      order by c.relpages desc`,
  )
  return rows.map(({ schema, name }) => ({ schema, name }))
}

/** Counts rows as the exported snapshot sees them, on `parallelism` sessions, which are cut off when aborted. */
export async function countRows(
  source: Source,
  tables: readonly { schema: string; name: string }[],
  { snapshot, parallelism, signal }: { snapshot: string; parallelism: number; signal: AbortSignal },
): Promise<CountedRows[]> {
  const counted: CountedRows[] = []
  const open = async () => {
    const client = await openSession(source, countTimeoutMs)
    signal.addEventListener('abort', () => client.connection.stream.destroy(), { once: true })
    signal.throwIfAborted()
    await client.query('begin isolation level repeatable read read only')
    await client.query(`set transaction snapshot ${client.escapeLiteral(snapshot)}`)
    // As pg_dump does: the server errs where a policy would hide rows.
    await client.query('set local row_security = off')
    return client
  }
  await inParallel(
    tables,
    parallelism,
    { open, close: async (client) => await client.end().catch(() => {}) },
    async (client, table) => {
      signal.throwIfAborted()
      counted.push({ ...table, ...(await countTable(client, table)) })
    },
  )
  return counted
}

async function countTable(
  client: Client,
  { schema, name }: { schema: string; name: string },
): Promise<Pick<CountedRows, 'rows' | 'reason'>> {
  await client.query('savepoint counting')
  try {
    const { rows } = await client.query<{ rows: string }>(
      `select count(*)::text as rows from only ${escapeIdentifier(schema)}.${escapeIdentifier(name)}`,
    )
    await client.query('release counting')
    return { rows: Number(rows[0]?.rows), reason: null }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    await client.query('rollback to counting')
    return { rows: null, reason: messageOf(error) }
  }
}
