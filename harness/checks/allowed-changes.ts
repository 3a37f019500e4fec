/**
 * Whether a pattern names the table or column: `table`, `table.column`, `schema.table`, `schema.table.column`,
 * where `*` stands for any one part, and `*` alone for everything. A pattern with a column does not allow rows
 * to be lost or added. Parts are quoted as in SQL when they hold dots or quotes.
 */
export function isAllowed(
  patterns: readonly string[],
  { table, column }: { readonly table: string; readonly column: string | null },
): boolean {
  const [schema = '', name = ''] = splitName(table)
  return patterns.some((pattern) => {
    const parts = splitName(pattern)
    return readings(parts).some(
      (reading) =>
        matches(reading.schema, schema) &&
        matches(reading.table, name) &&
        (reading.column === '*' || (column !== null && reading.column === column)),
    )
  })
}

interface Reading {
  readonly schema: string
  readonly table: string
  readonly column: string
}

/** `a.b` is a table's column and a schema's table; only one of them exists as a rule. */
function readings(parts: readonly string[]): Reading[] {
  const [one = '', two = '', three = ''] = parts
  if (parts.length === 1) return [{ schema: '*', table: one, column: '*' }]
  if (parts.length === 3) return [{ schema: one, table: two, column: three }]
  if (parts.length !== 2) return []
  return [
    { schema: '*', table: one, column: two },
    { schema: one, table: two, column: '*' },
  ]
}

function matches(pattern: string, name: string): boolean {
  return pattern === '*' || pattern === name
}

/** The parts of a dotted name, without their quotes. */
function splitName(name: string): string[] {
  const parts = name.match(/"(?:[^"]|"")*"|[^."]+/g) ?? []
  return parts.map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part))
}
