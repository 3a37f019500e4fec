/** What the baseline migration is made of. */
export interface BaselineMigration {
  /** Statements that make the schema, as `schemaStatements` gives them. */
  readonly statements: string
  /** `schema.table`, quoted where needed: by these the migration knows a database that has the schema. */
  readonly tables: readonly string[]
  /** Materialized views that hold data, in the order in which they can be filled. */
  readonly materializedViews: readonly string[]
  /** Where the schema comes from, for the reader. */
  readonly origin: string
}

/**
 * The text of a Kysely migration that makes the schema in an empty database, is recorded without doing anything
 * in one that has all of its tables, and refuses one that has only some of them. TypeScript, or JavaScript.
 */
export function renderMigration(baseline: BaselineMigration, language: 'ts' | 'js'): string {
  const type = (text: string) => (language === 'ts' ? text : '')
  const refresh = baseline.materializedViews.map((name) => `REFRESH MATERIALIZED VIEW ${name};\n`).join('')
  return `import { sql${type(', type Kysely')} } from 'kysely'

// Written by \`rehearse baseline\` from ${baseline.origin}.

/** Makes the schema in an empty database. Where all of its tables are there already, it is only recorded. */
export async function up(db${type(': Kysely<unknown>')})${type(': Promise<void>')} {
  const { rows } = await sql${type('<{ name: string; there: boolean }>')}\`
    select name, to_regclass(name) is not null as there from unnest(\${tables}::text[]) as name\`.execute(db)
  const missing = rows.filter((row) => !row.there).map((row) => row.name)
  if (rows.length > 0 && missing.length === 0) return
  if (missing.length < rows.length) {
    throw new Error(\`The database has part of the baseline's schema, and lacks \${missing.join(', ')}.\`)
  }
  // The schema is written for settings of its own; what comes after it in the same transaction is not.
  const before = await sql${type('<{ name: string; value: string }>')}\`
    select name, current_setting(name) as value from unnest(\${settings}::text[]) as name\`.execute(db)
  await sql.raw(schema).execute(db)
  for (const { name, value } of before.rows) await sql\`select set_config(\${name}, \${value}, true)\`.execute(db)
}

/** Before the baseline there was nothing that could be brought back; it is only no longer recorded. */
export async function down()${type(': Promise<void>')} {}

const settings = ['search_path', 'check_function_bodies', 'default_tablespace', 'default_table_access_method']

const tables = [
${baseline.tables.map((name) => `  ${quoted(name)},`).join('\n')}
]

const schema = \`
SELECT set_config('search_path', '', true), set_config('check_function_bodies', 'off', true),
  set_config('default_tablespace', '', true), set_config('default_table_access_method', 'heap', true);

${templateText(`${baseline.statements}${refresh}`)}\`
`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** As it must stand between backquotes. */
function templateText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
}
