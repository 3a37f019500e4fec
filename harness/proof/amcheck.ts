import type { Client } from 'pg'
import { HarnessError, messageOf } from '../errors.ts'

/** Damage in a table or an index, in the words of `amcheck`. */
export interface Damage {
  readonly kind: 'table' | 'index'
  /** `shop.titles`. */
  readonly name: string
  readonly message: string
}

export interface Amchecked {
  readonly indexes: number
  /** 0 before Postgres 14, which cannot check them. */
  readonly tables: number
  readonly damages: readonly Damage[]
}

/**
 * Checks every B-tree index (its order, and that it has every row of its table) and every table with the extension
 * `amcheck`, which is installed for the moment where the database does not have it: nothing of it stays. Throws
 * HarnessError `amcheck-missing` where it cannot be had.
 */
export async function amcheck(client: Client, onProgress: (detail: string) => void): Promise<Amchecked> {
  await client.query('begin')
  try {
    const schema = await install(client)
    const { rows: indexes } = await client.query<Named>(btreeIndexes)
    const tables = (await hasFunction(client, schema, 'verify_heapam'))
      ? (await client.query<Named>(heapTables)).rows
      : []
    const damages: Damage[] = []
    for (const [at, { oid, name }] of tables.entries()) {
      onProgress(`amcheck: table ${at + 1} of ${tables.length}`)
      damages.push(...(await checkTable(client, schema, oid, name)))
    }
    for (const [at, { oid, name }] of indexes.entries()) {
      onProgress(`amcheck: index ${at + 1} of ${indexes.length}`)
      damages.push(...(await checkIndex(client, schema, oid, name)))
    }
    return { indexes: indexes.length, tables: tables.length, damages }
  } finally {
    await client.query('rollback').catch(() => {})
  }
}

interface Named {
  readonly oid: string
  readonly name: string
}

/** Returns the quoted schema that it is in. */
async function install(client: Client): Promise<string> {
  try {
    await client.query('create extension if not exists amcheck')
  } catch (cause) {
    throw new HarnessError('amcheck-missing', `amcheck cannot be used here: ${messageOf(cause)}.`, {
      hint: 'Use a server with the contrib modules (Debian and Ubuntu: postgresql-contrib; the official images and the embedded binaries have them) and a role that may create extensions, or leave out --amcheck.',
      cause,
    })
  }
  const { rows } = await client.query<{ schema: string }>(
    `select quote_ident(n.nspname) as schema from pg_catalog.pg_extension e
       join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'amcheck'`,
  )
  return rows[0]?.schema ?? 'public'
}

async function hasFunction(client: Client, schema: string, name: string): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where p.proname = $1 and quote_ident(n.nspname) = $2`,
    [name, schema],
  )
  return rows.length > 0
}

async function checkTable(client: Client, schema: string, oid: string, name: string): Promise<Damage[]> {
  const check = `select msg, blkno::text, offnum::text
    from ${schema}.verify_heapam(${oid}::regclass, check_toast := true) limit 20`
  const found = await attempt<{ msg: string; blkno: string; offnum: string | null }>(client, check)
  if (typeof found === 'string') return [{ kind: 'table', name, message: found }]
  return found.map(({ msg, blkno, offnum }) => ({
    kind: 'table',
    name,
    message: `block ${blkno}${offnum === null ? '' : `, item ${offnum}`}: ${msg}`,
  }))
}

async function checkIndex(client: Client, schema: string, oid: string, name: string): Promise<Damage[]> {
  const found = await attempt(client, `select ${schema}.bt_index_check(${oid}::regclass, true)`)
  return typeof found === 'string' ? [{ kind: 'index', name, message: found }] : []
}

/** The rows, or what the server said instead; the transaction goes on. */
async function attempt<Row extends object>(client: Client, sql: string): Promise<Row[] | string> {
  await client.query('savepoint checking')
  try {
    const { rows } = await client.query<Row>(sql)
    await client.query('release checking')
    return rows
  } catch (error) {
    // A server that is gone is no damage of this relation: this throws then.
    await client.query('rollback to checking')
    return messageOf(error)
  }
}

const heapTables = `
  select c.oid::text as oid, n.nspname || '.' || c.relname as name
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_am a on a.oid = c.relam and a.amname = 'heap'
   where c.relkind in ('r', 'm') and c.relpersistence <> 't' order by 2`

/** As in the documentation of amcheck: temporary ones are another session's, and invalid ones are told as such. */
const btreeIndexes = `
  select c.oid::text as oid, n.nspname || '.' || c.relname as name
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_am a on a.oid = c.relam and a.amname = 'btree'
   where c.relkind = 'i' and c.relpersistence <> 't' and i.indisready and i.indisvalid order by 2`
