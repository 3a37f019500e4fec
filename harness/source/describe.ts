import type { Client } from 'pg'
import type { Manifest } from '../backups/manifest.ts'

/** What a server says of itself and of the database, for the manifest. */
export interface Described extends Pick<Manifest, 'server' | 'database' | 'extensions' | 'settings'> {
  readonly major: number
  /** Of tables with TOAST, without indexes, as the last VACUUM or ANALYZE saw them: to ask for more would take locks. */
  readonly tableBytes: number
}

/** Reads it all in the session's own transaction, before any snapshot is held. */
export async function describeSource(client: Client): Promise<Described> {
  const { rows } = await client.query<Row>(query)
  const [row] = rows
  if (row === undefined) throw new Error('The server does not say what it is.')
  const major = Math.trunc(Number(row.version_num) / 10_000)
  const isReplica = row.replica === 't'
  return {
    major,
    tableBytes: Number(row.table_bytes),
    server: {
      version: row.version,
      systemIdentifier: await permitted(
        client,
        'select system_identifier::text as value from pg_catalog.pg_control_system()',
      ),
      isReplica,
      walPosition: await permitted(
        client,
        `select pg_catalog.${isReplica ? 'pg_last_wal_replay_lsn' : 'pg_current_wal_lsn'}()::text as value`,
      ),
    },
    database: {
      name: row.name,
      encoding: row.encoding,
      ...(await localeOf(client, major)),
      timeZone: row.time_zone,
      bytes: Number(row.bytes),
    },
    extensions: await listOf<Manifest['extensions'][number]>(client, extensions),
    settings: await listOf<Manifest['settings'][number]>(client, settings),
  }
}

interface Row {
  readonly version: string
  readonly version_num: string
  readonly replica: 't' | 'f'
  readonly name: string
  readonly encoding: string
  readonly time_zone: string
  readonly bytes: string
  readonly table_bytes: string
}

const query = `
  select split_part(pg_catalog.current_setting('server_version'), ' ', 1) as version,
    pg_catalog.current_setting('server_version_num') as version_num,
    pg_catalog.pg_is_in_recovery() as replica,
    d.datname as name, pg_catalog.pg_encoding_to_char(d.encoding) as encoding,
    pg_catalog.current_setting('TimeZone') as time_zone,
    pg_catalog.pg_database_size(d.oid)::text as bytes,
    (select (coalesce(sum(relpages::bigint), 0) * pg_catalog.current_setting('block_size')::bigint)::text
       from pg_catalog.pg_class where relkind in ('r', 'm', 't') and relpersistence <> 't') as table_bytes
  from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()`

/** The columns changed their names with 15 (ICU for databases) and 17 (the builtin provider). */
async function localeOf(
  client: Client,
  major: number,
): Promise<Pick<Manifest['database'], 'localeProvider' | 'collate' | 'ctype' | 'locale'>> {
  const provider = major >= 15 ? 'datlocprovider::text' : `'c'`
  const locale = major >= 17 ? 'datlocale' : major >= 15 ? 'daticulocale' : 'null::text'
  const { rows } = await client.query<{
    provider: string
    locale: string | null
    collate: string
    ctype: string
  }>(
    `select ${provider} as provider, ${locale} as locale, datcollate as collate, datctype as ctype
       from pg_catalog.pg_database where datname = pg_catalog.current_database()`,
  )
  const { provider: letter = 'c', locale: name = null, collate = 'C', ctype = 'C' } = rows[0] ?? {}
  const localeProvider = letter === 'i' ? 'icu' : letter === 'b' ? 'builtin' : 'libc'
  return { localeProvider, collate, ctype, locale: name }
}

async function permitted(client: Client, sql: string): Promise<string | null> {
  try {
    const { rows } = await client.query<{ value: string | null }>(sql)
    return rows[0]?.value ?? null
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42501') return null
    throw error
  }
}

async function listOf<Item extends object>(client: Client, sql: string): Promise<Item[]> {
  const { rows } = await client.query<Item>(sql)
  return rows.map((row) => ({ ...row }))
}

const extensions = `
  select e.extname as name, e.extversion as version, n.nspname as schema
    from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace order by 1`

/** With the unit, as `show` has it. Names of files and hosts, commands and connections stay where they are. */
const settings = `
  select name, pg_catalog.current_setting(name) as value from pg_catalog.pg_settings
   where source in ('configuration file', 'command line', 'environment variable', 'global')
     and category !~ '^(File Locations|Replication|Connections and Authentication|Write-Ahead Log / (Archiv|Restore|Recovery))'
     and name !~ '(command|conninfo|passphrase|password|_file|_director|^data_|^listen_|_library|krb_|^ssl|^port$|^log_|^cluster_name$|^application_name$)'
     and name !~ '\\.'
   order by 1`
