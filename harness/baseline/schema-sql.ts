/**
 * What `pg_dump --schema-only` wrote, without what changes from run to run: the versions in its head and the
 * random key of `\restrict`. Equal schemas give equal text with the same pg_dump.
 */
export function stableSchema(dump: string): string {
  const lines = dump
    .split('\n')
    .filter((line) => !/^(\\(un)?restrict |-- Dumped (from|by) )/.test(line))
    .map((line) => line.trimEnd())
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`
}

/**
 * The statements of a schema alone: no comment lines of pg_dump between them, and none of the session settings
 * that it puts first. Those that stand between objects, for tablespace and access method, hold for the
 * transaction only.
 */
export function schemaStatements(schema: string): string {
  const [head = '', ...rest] = schema.split(/^(?=--\n-- Name: )/m)
  const body = [withoutSettings(head), ...rest.map(withoutTitle)].join('\n')
  const local = body.replaceAll(
    /^SET (default_tablespace|default_table_access_method) = /gm,
    'SET LOCAL $1 = ',
  )
  return `${local.replaceAll(/\n{3,}/g, '\n\n').trim()}\n`
}

function withoutSettings(head: string): string {
  return head
    .split('\n')
    .filter((line) => !/^(--|SET \w+ = .*;$|SELECT pg_catalog\.set_config\()/.test(line))
    .join('\n')
}

function withoutTitle(entry: string): string {
  return entry
    .replace(/^--\n-- Name: .*\n--\n/, '')
    .replace(/\n--\n-- PostgreSQL database dump complete\n--\s*$/, '')
}
