/** A table that COPY or INSERT fills; `schema` is null where the statement leaves it to the search path. */
export interface Target {
  readonly schema: string | null
  readonly name: string
  /** Null when the statement gives no list. */
  readonly columns: readonly string[] | null
}

/** The table that a COPY or INSERT statement fills; undefined for any other statement. */
export function targetOf(statement: string): Target | undefined {
  const match = pattern.exec(statement)
  if (match === null) return undefined
  const [, first = '', second, columns] = match
  return {
    schema: second === undefined ? null : nameOf(first),
    name: nameOf(second ?? first),
    columns:
      columns === undefined
        ? null
        : [...columns.matchAll(new RegExp(identifier, 'gu'))].map(([text]) => nameOf(text)),
  }
}

/** An identifier as written in SQL, unquoted or folded. */
export function nameOf(written: string): string {
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase()
}

const identifier = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`
const list = String.raw`\((\s*${identifier}(?:\s*,\s*${identifier})*\s*)\)`
const pattern = new RegExp(
  String.raw`^(?:copy|insert\s+into)\s+(?:only\s+)?(${identifier})(?:\.(${identifier}))?\s*(?:${list})?`,
  'iu',
)
