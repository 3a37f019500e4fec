import type { BackupEntry } from './backup-format.ts'

/** `shop.titles titles_pkey`: the entry's name with its schema, where it has one. */
export function entryName({ schema, name }: Pick<BackupEntry, 'schema' | 'name'>): string {
  return schema === null ? name : `${schema}.${name}`
}

/** What `setval(…)` in a statement sets which sequence to; undefined for a statement without it. */
export function sequenceState(
  statement: string,
): { name: string; lastValue: string; isCalled: boolean } | undefined {
  const [, name, lastValue, isCalled] =
    /^select\s+(?:pg_catalog\.)?setval\s*\(\s*E?'((?:[^']|'')+)',\s*(-?\d+)(?:,\s*(true|false))?\s*\)/i.exec(
      statement.trim(),
    ) ?? []
  if (name === undefined || lastValue === undefined) return undefined
  return { name: name.replaceAll("''", "'"), lastValue, isCalled: isCalled !== 'false' }
}

/** A constraint that the statement adds is left unchecked for the rows that are there. */
export function leavesUnvalidated(statement: string): boolean {
  return /\sNOT (?:VALID|ENFORCED)\s*;?\s*$/i.test(statement)
}
