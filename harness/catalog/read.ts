import type { Client } from 'pg'
import { keyOf, type Catalog, type CatalogObject } from './catalog.ts'
import type { ServerTraits } from './family.ts'
import { families } from './families.ts'
import { readRemarks, type Remark } from './read-comments.ts'
import { readSequenceStates } from './read-sequences.ts'

/** Names a table as its creator would, without quotes. */
export interface TableName {
  /** Undefined: in any schema. */
  readonly schema: string | undefined
  readonly name: string
}

/**
 * Describes every object of the database the client is connected to: what is declared, by whom it is owned,
 * what is granted and said about it. Objects that extensions brought are left out, as are `ignoreTables` and
 * all that belongs to them. Definitions are qualified in full whatever the session's settings, which are
 * untouched afterwards. Postgres 12 to 18. The client must not be in a transaction.
 */
export async function readCatalog(client: Client, options: ReadOptions = {}): Promise<Catalog> {
  await client.query('begin isolation level repeatable read read only')
  try {
    return await readCatalogHere(client, options)
  } finally {
    await client.query('rollback').catch(() => {})
  }
}

export interface ReadOptions {
  readonly ignoreTables?: readonly TableName[]
}

/** The same inside the transaction that the client is in, whose settings are other ones afterwards. */
export async function readCatalogHere(
  client: Client,
  { ignoreTables = [] }: ReadOptions = {},
): Promise<Catalog> {
  await client.query(settings)
  const traits = await readTraits(client)
  const rows: FamilyRow[] = []
  for (const family of families) rows.push(...(await client.query<FamilyRow>(family(traits))).rows)
  const objects = assemble(rows, await readRemarks(client))
  await addSequenceStates(client, objects)
  return { objects: without(objects, await resolve(client, ignoreTables)) }
}

interface FamilyRow {
  readonly kind: string
  readonly name: string
  readonly parent: string | null
  readonly address: string | null
  readonly attributes: string
}

/** All that decides how the server writes an expression; gone with the transaction. */
const settings = `
  set local search_path = pg_catalog, pg_temp; set local quote_all_identifiers = off;
  set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres';
  set local extra_float_digits = 1; set local bytea_output = 'hex'; set local statement_timeout = 0;
  set local lock_timeout = 0; set local jit = off`

async function readTraits(client: Client): Promise<ServerTraits> {
  const { rows } = await client.query<{ version: string; superuser: string }>(
    `select current_setting('server_version_num') as version, current_setting('is_superuser') as superuser`,
  )
  return { major: Math.floor(Number(rows[0]?.version) / 10_000), superuser: rows[0]?.superuser === 'on' }
}

/** A catalog object that is still being put together. */
type Draft = CatalogObject & { readonly attributes: Record<string, string | number | boolean | null> }

function assemble(rows: readonly FamilyRow[], remarks: readonly Remark[]): Draft[] {
  const said = Map.groupBy(remarks, (remark) => remark.address)
  return rows.map(({ kind, name, parent, address, attributes }) => {
    const own: Draft['attributes'] = JSON.parse(attributes)
    for (const { attribute, text } of (address !== null && said.get(address)) || []) own[attribute] = text
    return { kind, name, parent, attributes: own }
  })
}

async function addSequenceStates(client: Client, objects: readonly Draft[]): Promise<void> {
  const sequences = objects.filter(
    ({ kind, attributes }) => kind === 'sequence' && attributes['readable'] !== false,
  )
  const states = await readSequenceStates(
    client,
    sequences.map(({ name }) => name),
  )
  for (const { name, attributes } of sequences) attributes['nextValue'] = states.get(name) ?? null
}

/** The names of the ignored tables as the catalog spells them. */
async function resolve(client: Client, tables: readonly TableName[]): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join unnest($1::text[], $2::text[]) t(schema, name)
       on t.name = c.relname and (t.schema is null or t.schema = n.nspname)
     where c.relkind in ('r', 'p')`,
    [tables.map((table) => table.schema ?? null), tables.map((table) => table.name)],
  )
  return new Set(rows.map((row) => row.name))
}

function without(
  objects: readonly CatalogObject[],
  ignored: ReadonlySet<string>,
): Map<string, CatalogObject> {
  const gone = new Set(ignored)
  // A table's constraint has an index, its column a sequence: each pass goes one level down.
  for (let size = -1; size !== gone.size;) {
    size = gone.size
    for (const { name, parent } of objects) if (parent !== null && gone.has(parent)) gone.add(name)
  }
  const kept = objects.filter(({ name }) => !gone.has(name))
  const entries = kept.map((object): [string, CatalogObject] => [keyOf(object), object])
  return new Map(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
