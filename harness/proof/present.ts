import type { Client } from 'pg'
import { presentQuery } from './present-queries.ts'

/** An object that the restored database has, called as a table of contents calls it. */
export interface Present {
  /** One word for kinds that share their names: `RELATION`, `CONSTRAINT`, `ROUTINE`, `TYPE`. */
  readonly kind: string
  readonly schema: string | null
  readonly name: string
}

/** Lists everything that a backup's table of contents may ask for, of the database the client is connected to. */
export async function readPresent(client: Client): Promise<Present[]> {
  const version = await client.query<{ major: string }>(
    `select (pg_catalog.current_setting('server_version_num')::int / 10000)::text as major`,
  )
  // pg has every value as text or null here.
  const { rows } = await client.query<{ kind: string; schema: string | null; name: string }>(
    presentQuery(Number(version.rows[0]?.major)),
  )
  return rows.map(({ kind, schema, name }) => ({ kind, schema, name }))
}
