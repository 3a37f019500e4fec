import type { Client } from 'pg'
import { qualified } from '../catalog/family.ts'

/** A foreign key whose rows all have their match. */
export interface ForeignKey {
  readonly name: string
  /** Of the referencing table and the referenced one. */
  readonly child: string
  readonly childOid: string
  readonly parent: string
  readonly parentOid: string
  /** Column by column; the operator compares the parent's with the child's. */
  readonly pairs: readonly { readonly child: string; readonly parent: string; readonly operator: string }[]
}

/** Every validated foreign key of a table, partitions' own copies apart. */
export async function readForeignKeys(client: Client): Promise<ForeignKey[]> {
  const { rows } = await client.query<Record<keyof ForeignKey, string>>(`
    select k.conname as name, ${qualified('cn.nspname', 'c.relname')} as child, c.oid as "childOid",
      ${qualified('pn.nspname', 'p.relname')} as parent, p.oid as "parentOid",
      (select json_agg(json_build_object('child', ca.attname, 'parent', pa.attname,
          'operator', format('operator(%I.%s)', opn.nspname, op.oprname)) order by u.at)
        from unnest(k.conkey, k.confkey, k.conpfeqop) with ordinality as u(child, parent, operator, at)
        join pg_catalog.pg_attribute ca on ca.attrelid = c.oid and ca.attnum = u.child
        join pg_catalog.pg_attribute pa on pa.attrelid = p.oid and pa.attnum = u.parent
        join pg_catalog.pg_operator op on op.oid = u.operator
        join pg_catalog.pg_namespace opn on opn.oid = op.oprnamespace)::text as pairs
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
    join pg_catalog.pg_class p on p.oid = k.confrelid
    join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and k.convalidated
    order by 2, 1`)
  return rows.map((row) => ({ ...row, pairs: JSON.parse(row.pairs) }))
}
