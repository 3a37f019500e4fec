import type { Client } from 'pg'

/** What was said about one object, found by the address that `addressOf` writes. */
export interface Remark {
  readonly address: string
  readonly attribute: 'comment' | 'securityLabel'
  readonly text: string
}

/**
 * Every comment and security label of the database's objects, system ones included. The database's own comment
 * is left out: there the harness writes whose copy it is.
 */
export async function readRemarks(client: Client): Promise<Remark[]> {
  const { rows } = await client.query<{ address: string; attribute: Remark['attribute']; text: string }>(`
    select classoid::regclass || ' ' || objoid || ' ' || objsubid as address, 'comment' as attribute,
      description as text
    from pg_description where objoid >= 16384 or classoid in ('pg_namespace'::regclass, 'pg_extension'::regclass)
    union all
    select classoid::regclass || ' ' || objoid || ' ' || objsubid, 'securityLabel',
      string_agg(provider || ': ' || label, '; ' order by provider)
    from pg_seclabel group by classoid, objoid, objsubid
    union all
    select classoid::regclass || ' ' || objoid || ' 0', 'securityLabel',
      string_agg(provider || ': ' || label, '; ' order by provider)
    from pg_shseclabel where classoid = 'pg_database'::regclass group by classoid, objoid`)
  return rows
}
