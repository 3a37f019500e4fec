import { escapeIdentifier, escapeLiteral } from 'pg'
import type { Client } from 'pg'
import type { Choice } from './choice.ts'

/** How one table is probed. */
export interface ProbeTarget extends Choice {
  /** Reads one row with every column by its name, as an app of the release before the migrations does. */
  readonly readSql: string
  /** Changes nothing, and takes the locks that an update of that row takes; null where nothing can be written. */
  readonly writeSql: string | null
}

export interface Targets {
  readonly targets: readonly ProbeTarget[]
  readonly notProbed: readonly { readonly table: string; readonly reason: string }[]
}

/**
 * Finds a row of each table and how to read and write it: by its primary key, else by its place. A write is
 * `update … set c = c`, rolled back; where that would fire triggers or rules, or is refused, it locks the table and
 * the row as the update would and writes nothing. Views are planned and not read. Every probe is tried once.
 */
export async function readTargets(client: Client, choices: readonly Choice[]): Promise<Targets> {
  const shapes = new Map((await readShapes(client, choices)).map((shape) => [shape.name, shape]))
  const targets: ProbeTarget[] = []
  const notProbed: { table: string; reason: string }[] = []
  for (const choice of choices) {
    const shape = shapes.get(choice.name)
    if (shape === undefined || shape.kind === 'f') {
      const reason = shape === undefined ? 'not there before the migrations' : 'a foreign table'
      notProbed.push({ table: choice.name, reason })
      continue
    }
    const where = shape.kind === 'v' ? '' : await whereOf(client, shape)
    const columns = shape.columns.map(({ name }) => escapeIdentifier(name)).join(', ')
    const select = `select ${columns} from ${tableOf(shape)}${where} limit 1`
    // A view may be costly to read; planning it takes the same locks.
    const readSql = shape.kind === 'v' ? `explain ${select}` : select
    const refused = await refusal(client, readSql)
    if (refused !== undefined) notProbed.push({ table: choice.name, reason: refused })
    else targets.push({ ...choice, readSql, writeSql: await writeOf(client, shape, where) })
  }
  return { targets, notProbed }
}

interface Shape {
  readonly name: string
  readonly schema: string
  readonly table: string
  /** pg_class.relkind. */
  readonly kind: string
  readonly hasUpdateActions: boolean
  readonly key: readonly string[]
  readonly columns: readonly { readonly name: string; readonly writable: boolean; readonly cost: number }[]
}

async function readShapes(client: Client, choices: readonly Choice[]): Promise<Shape[]> {
  const { rows } = await client.query<{ shape: string }>(shapesSql, [choices.map(({ name }) => name)])
  return rows.map(({ shape }): Shape => JSON.parse(shape))
}

// tgtype 16 is UPDATE. A column that no index has keeps the no-op update from touching indexes.
const shapesSql = `
  select json_build_object('name', n.nspname || '.' || c.relname, 'schema', n.nspname, 'table', c.relname, 'kind', c.relkind,
    'hasUpdateActions', exists (
        select from pg_catalog.pg_trigger t where not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 16 <> 0
          and (t.tgrelid = c.oid or t.tgrelid in (select relid from pg_catalog.pg_partition_tree(c.oid))))
      or exists (select from pg_catalog.pg_rewrite r where r.ev_class = c.oid and r.ev_type = '2'),
    'key', coalesce((
      select json_agg(a.attname order by k.place) from pg_catalog.pg_index i
      cross join unnest(i.indkey::int2[]) with ordinality k (attnum, place)
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      where i.indrelid = c.oid and i.indisprimary), '[]'),
    'columns', coalesce((
      select json_agg(json_build_object('name', a.attname,
        'writable', a.attgenerated = '' and a.attidentity <> 'a',
        'cost', (case when a.attlen > 0 then a.attlen else 1000 end)
          + (case when exists (select from pg_catalog.pg_index i
              where i.indrelid = c.oid and a.attnum = any (i.indkey::int2[])) then 10000 else 0 end)) order by a.attnum)
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]')
  )::text as shape
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname || '.' || c.relname = any ($1::text[]) and c.relkind in ('r', 'p', 'm', 'f', 'v')`

const tableOf = ({ schema, table }: Shape): string => `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`

/** Of the first row; empty for a table without rows. */
async function whereOf(client: Client, shape: Shape): Promise<string> {
  const { key } = shape
  const asked =
    key.length > 0
      ? key.map((name, index) => `${escapeIdentifier(name)}::text as k${index}`).join(', ')
      : 'ctid::text as k0, tableoid::text as k1'
  const names = key.length > 0 ? key.map((name) => escapeIdentifier(name)) : ['ctid', 'tableoid']
  const { rows } = await client
    .query<Record<string, string>>(`select ${asked} from ${tableOf(shape)} limit 1`)
    .catch(() => ({ rows: [] }))
  const [row] = rows
  if (row === undefined) return ''
  return ` where ${names.map((name, index) => `${name} = ${escapeLiteral(row[`k${index}`] ?? '')}`).join(' and ')}`
}

async function writeOf(client: Client, shape: Shape, where: string): Promise<string | null> {
  if (shape.kind === 'm' || shape.kind === 'v') return null
  const table = tableOf(shape)
  const [column] = shape.columns.filter(({ writable }) => writable).toSorted((a, b) => a.cost - b.cost)
  const name = column === undefined ? undefined : escapeIdentifier(column.name)
  const limited = where === '' ? ' where false' : where
  const update =
    name === undefined || shape.hasUpdateActions
      ? undefined
      : `begin; update ${table} set ${name} = ${name}${limited}; rollback`
  const lock = `begin; lock table only ${table} in row exclusive mode; select from ${table}${limited} for no key update; rollback`
  for (const sql of [update, lock]) {
    if (sql !== undefined && (await refusal(client, sql)) === undefined) return sql
  }
  return null
}

/** The server's word against a probe; undefined when it works. */
async function refusal(client: Client, sql: string): Promise<string | undefined> {
  try {
    await client.query(sql)
    return undefined
  } catch (error) {
    await client.query('rollback').catch(() => {})
    return error instanceof Error ? error.message : String(error)
  }
}
