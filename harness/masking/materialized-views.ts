import type { Client } from 'pg'
import { qualified } from '../catalog/family.ts'
import { messageOf } from '../errors.ts'

/**
 * Fills every materialized view anew, those first that others read: what one reads through a function cannot be told,
 * and it may hold old values. One that cannot be filled is emptied; returns what the server said of those.
 */
export async function refreshViews(
  client: Client,
): Promise<{ refreshed: string[]; emptied: { name: string; why: string }[] }> {
  const { rows } = await client.query<{ name: string }>(viewsInOrder)
  const refreshed: string[] = []
  const emptied: { name: string; why: string }[] = []
  for (const { name } of rows) {
    try {
      await client.query(`refresh materialized view ${name}`)
      refreshed.push(name)
    } catch (error) {
      await client.query(`refresh materialized view ${name} with no data`)
      emptied.push({ name, why: messageOf(error) })
    }
  }
  return { refreshed, emptied }
}

/** By how many others, views among them, lie between it and the tables. */
const viewsInOrder = `
  with recursive reads as (
    select distinct r.ev_class as reader, d.refobjid as source
      from pg_catalog.pg_depend d join pg_catalog.pg_rewrite r on r.oid = d.objid
     where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
       and d.refobjid <> r.ev_class
  ), ranked as (
    select reader as oid, 1 as depth from reads
    union
    select r.reader, k.depth + 1 from reads r join ranked k on r.source = k.oid where k.depth < 100
  )
  select ${qualified('n.nspname', 'c.relname')} as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join ranked k on k.oid = c.oid
   where c.relkind = 'm' and c.relispopulated
   group by c.oid, n.nspname, c.relname order by coalesce(max(k.depth), 0), 1`
