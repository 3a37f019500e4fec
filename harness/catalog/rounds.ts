import type { Client } from 'pg'
import { keyOf, type Catalog, type CatalogObject } from './catalog.ts'

export interface RoundRequest {
  readonly object: CatalogObject
  readonly catalog: Catalog
  /** As the server wrote it. */
  readonly text: string
}

/**
 * Gives a text to the server and returns what it then writes. Runs in a transaction that is rolled back;
 * throws the server's error when it does not take the text.
 */
export type Round = (client: Client, request: RoundRequest) => Promise<string>

const checkOfTable: Round = async (client, { object, text }) => {
  if (!/^(?:CHECK|EXCLUDE)\b/.test(text)) return text
  const scratch = await makeScratch(client, object.parent)
  return one(
    client,
    `alter table ${scratch} add constraint settled ${text}`,
    `select pg_get_constraintdef(oid) from pg_constraint
     where conrelid = '${scratch}'::regclass and conname = 'settled'`,
  )
}

const checkOfDomain: Round = (client, { object, catalog, text }) => {
  const base = catalog.objects.get(keyOf({ kind: 'domain', name: object.parent ?? '' }))?.attributes['base']
  return one(
    client,
    `create domain pg_temp.settled as ${base}; alter domain pg_temp.settled add constraint settled ${text}`,
    `select pg_get_constraintdef(oid) from pg_constraint where contypid = 'pg_temp.settled'::regtype
     and conname = 'settled'`,
  )
}

/** On an empty table, for building it on the real one may take long. */
const index: Round = async (client, { object, catalog, text }) => {
  const constraint = catalog.objects.get(keyOf({ kind: 'constraint', name: object.parent ?? '' }))
  const table = constraint?.parent ?? object.parent
  const split = text.indexOf(' USING ', text.indexOf(` ${table} USING `))
  const scratch = await makeScratch(client, table)
  const written = await one(
    client,
    `create index settled on ${scratch}${text.slice(split)}`,
    `select pg_get_indexdef('pg_temp.settled'::regclass)`,
  )
  return text.slice(0, split) + written.slice(written.indexOf(' USING '))
}

const view: Round = (client, { text }) =>
  one(
    client,
    `create temporary view settled as ${text}`,
    `select btrim(pg_get_viewdef('pg_temp.settled'::regclass), ' ;')`,
  )

const columnDefault: Round = async (client, { object, text }) => {
  const scratch = await makeScratch(client, object.parent)
  return one(
    client,
    `alter table ${scratch} alter column ${lastPart(object)} set default ${text}`,
    `select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = '${scratch}'::regclass`,
  )
}

const generated: Round = async (client, { object, text }) => {
  const [, expression, manner] = /^(.*) (stored|virtual)$/s.exec(text) ?? []
  const scratch = await makeScratch(client, object.parent)
  const written = await one(
    client,
    `alter table ${scratch} add column settled ${object.attributes['type']}
       generated always as (${expression}) ${manner}`,
    `select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = '${scratch}'::regclass`,
  )
  return `${written} ${manner}`
}

function policy(clause: 'using' | 'with check', column: 'polqual' | 'polwithcheck'): Round {
  return async (client, { object, text }) => {
    const scratch = await makeScratch(client, object.parent)
    return one(
      client,
      `create policy settled on ${scratch} ${clause} (${text})`,
      `select pg_get_expr(${column}, polrelid) from pg_policy where polrelid = '${scratch}'::regclass`,
    )
  }
}

/** Made again in its place, which costs the server nothing. */
function remake(drop: (object: CatalogObject) => string, read: (object: CatalogObject) => string): Round {
  return (client, { object, text }) => one(client, `${drop(object)}; ${text}`, `select ${read(object)}`)
}

const partitionKey: Round = (client, { object, text }) =>
  one(
    client,
    `create temporary table settled (like ${object.name}) partition by ${text}`,
    `select pg_get_partkeydef('pg_temp.settled'::regclass)`,
  )

/** Which attributes of which kinds can make a round: the key is `kind attribute`. */
export const rounds: ReadonlyMap<string, Round> = new Map<string, Round>([
  ['constraint definition', checkOfTable],
  ['domain constraint definition', checkOfDomain],
  ['index definition', index],
  ['view definition', view],
  ['materialized view definition', view],
  ['column default', columnDefault],
  ['column generated', generated],
  ['policy using', policy('using', 'polqual')],
  ['policy check', policy('with check', 'polwithcheck')],
  ['table partitionedBy', partitionKey],
  [
    'trigger definition',
    remake(
      (trigger) => `drop trigger ${lastPart(trigger)} on ${trigger.parent}`,
      (
        trigger,
      ) => `pg_get_triggerdef(oid) from pg_trigger where tgrelid = ${literal(trigger.parent)}::regclass
        and quote_ident(tgname) = ${literal(lastPart(trigger))}`,
    ),
  ],
  [
    'rule definition',
    remake(
      (rule) => `drop rule ${lastPart(rule)} on ${rule.parent}`,
      (rule) => `pg_get_ruledef(oid) from pg_rewrite where ev_class = ${literal(rule.parent)}::regclass
        and quote_ident(rulename) = ${literal(lastPart(rule))}`,
    ),
  ],
  [
    'statistics definition',
    remake(
      (statistics) => `drop statistics ${statistics.name}`,
      (statistics) => `pg_get_statisticsobjdef(s.oid) from pg_statistic_ext s
        join pg_namespace n on n.oid = s.stxnamespace
        where quote_ident(n.nspname) || '.' || quote_ident(s.stxname) = ${literal(statistics.name)}`,
    ),
  ],
  ['function definition', remakeFunction()],
  ['procedure definition', remakeFunction()],
])

function remakeFunction(): Round {
  return (client, { object, text }) =>
    one(client, text, `select pg_get_functiondef(${literal(object.name)}::regprocedure)`)
}

/** An empty temporary table with the columns of `table` and its name, which expressions may qualify with. */
async function makeScratch(client: Client, table: string | null): Promise<string> {
  const { rows } = await client.query<{ scratch: string }>(
    `select 'pg_temp.' || quote_ident(relname) as scratch from pg_class where oid = ${literal(table)}::regclass`,
  )
  const scratch = rows[0]?.scratch ?? ''
  await client.query(`create temporary table ${scratch.slice('pg_temp.'.length)} (like ${table})`)
  return scratch
}

async function one(client: Client, statements: string, read: string): Promise<string> {
  await client.query(statements)
  const { rows } = await client.query<{ text: string }>(`select (${read}) as text`)
  return rows[0]?.text ?? ''
}

/** The object's own name, quoted as needed, without its table's. */
function lastPart(object: CatalogObject): string {
  return object.name.slice((object.parent ?? '').length + 1)
}

function literal(text: string | null): string {
  return `'${(text ?? '').replaceAll("'", "''")}'`
}
