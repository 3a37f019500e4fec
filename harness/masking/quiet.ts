import { escapeIdentifier, type Client } from 'pg'
import { qualified } from '../catalog/family.ts'

/**
 * Runs `work` while nothing of the database's own reacts to changed rows: triggers and rules that fire even for
 * replicated changes are disabled, and publications, which refuse updates of tables without a replica identity,
 * publish none. Everything is as before afterwards.
 */
export async function whileQuiet<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  const switches = [...(await triggers(client)), ...(await rules(client)), ...(await publications(client))]
  for (const { off } of switches) await client.query(off)
  const result = await work()
  // When the work failed the database is thrown away.
  for (const { on } of switches) await client.query(on)
  return result
}

interface Switch {
  readonly off: string
  readonly on: string
}

async function triggers(client: Client): Promise<Switch[]> {
  const { rows } = await client.query<{ relation: string; name: string; mode: string }>(
    `select ${qualified('n.nspname', 'c.relname')} as relation, t.tgname as name, t.tgenabled as mode
       from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where not t.tgisinternal and t.tgenabled in ('A', 'R') and t.tgparentid = 0 and c.relkind in ('r', 'p')`,
  )
  return rows.map((row) => switchOf('trigger', row))
}

async function rules(client: Client): Promise<Switch[]> {
  const { rows } = await client.query<{ relation: string; name: string; mode: string }>(
    `select ${qualified('n.nspname', 'c.relname')} as relation, r.rulename as name, r.ev_enabled as mode
       from pg_catalog.pg_rewrite r join pg_catalog.pg_class c on c.oid = r.ev_class
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where r.ev_type <> '1' and r.ev_enabled in ('A', 'R') and c.relkind in ('r', 'p')`,
  )
  return rows.map((row) => switchOf('rule', row))
}

function switchOf(
  kind: string,
  { relation, name, mode }: { relation: string; name: string; mode: string },
): Switch {
  const what = `${kind} ${escapeIdentifier(name)}`
  return {
    off: `alter table ${relation} disable ${what}`,
    on: `alter table ${relation} enable ${mode === 'A' ? 'always' : 'replica'} ${what}`,
  }
}

async function publications(client: Client): Promise<Switch[]> {
  const { rows } = await client.query<{ name: string; publish: string }>(
    `select pubname as name, concat_ws(', ', case when pubinsert then 'insert' end, case when pubupdate then 'update' end,
            case when pubdelete then 'delete' end, case when pubtruncate then 'truncate' end) as publish
       from pg_catalog.pg_publication where pubupdate or pubdelete`,
  )
  return rows.map(({ name, publish }) => ({
    off: `alter publication ${escapeIdentifier(name)} set (publish = 'truncate')`,
    on: `alter publication ${escapeIdentifier(name)} set (publish = '${publish}')`,
  }))
}
