import { escapeIdentifier, escapeLiteral } from 'pg'
import type { Client } from 'pg'

/** One `ALTER DATABASE … SET`, or `ALTER ROLE … IN DATABASE … SET` when it has a role. */
export interface DatabaseSetting {
  readonly role: string | null
  readonly name: string
  /** As `pg_db_role_setting` holds it. */
  readonly value: string
}

/** Every setting that is tied to `database`; CREATE DATABASE … TEMPLATE does not copy these. */
export async function databaseSettings(client: Client, database: string): Promise<DatabaseSetting[]> {
  const { rows } = await client.query<{ role: string | null; setting: string }>(
    `select r.rolname as role, unnest(s.setconfig) as setting
       from pg_db_role_setting s
       join pg_database d on d.oid = s.setdatabase
       left join pg_roles r on r.oid = s.setrole
      where d.datname = $1 and (s.setrole = 0 or r.rolname is not null)
      order by 1 nulls first, 2`,
    [database],
  )
  return rows.map(({ role, setting }) => {
    const equals = setting.indexOf('=')
    return { role, name: setting.slice(0, equals), value: setting.slice(equals + 1) }
  })
}

/** The statement that gives `database` this setting. */
export function setStatement(database: string, { role, name, value }: DatabaseSetting): string {
  const target = escapeIdentifier(database)
  const subject =
    role === null ? `alter database ${target}` : `alter role ${escapeIdentifier(role)} in database ${target}`
  return `${subject} set ${escapeIdentifier(name)} to ${settingLiterals(name, value)}`
}

/** The value of a setting as SET takes it: of a list setting, a literal for every element. */
export function settingLiterals(name: string, value: string): string {
  const literals = listSettings.has(name.toLowerCase()) ? listElements(value) : [value]
  return literals.map((text) => escapeLiteral(text)).join(', ')
}

// Stored as a list of identifiers and to be given as a list of literals: GUC_LIST_QUOTE, the same set as
// variable_is_guc_list_quote() in pg_dump's dumputils.c; no extension can add to it.
const listSettings = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

function listElements(value: string): string[] {
  const elements = value.match(/"(?:[^"]|"")*"|[^\s,"]+/g) ?? []
  const plain = elements.map((text) =>
    text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text,
  )
  return plain.length === 0 ? [''] : plain
}
