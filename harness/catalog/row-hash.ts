import { escapeIdentifier } from 'pg'
import type { DataColumn } from './data-tables.ts'

/**
 * A column's value as SQL: as it is where the server's own hash is exact, else as text. `castTo` gives the
 * type that the other side has meanwhile.
 */
export function valueOf(column: DataColumn, castTo?: DataColumn): string {
  const value = `t.${escapeIdentifier(column.name)}`
  const cast = castTo === undefined ? value : `(${value})::${castTo.type}`
  return (castTo ?? column).exactHash ? cast : textOf(cast)
}

/** The text that a client reads. */
export function textOf(value: string): string {
  return `(${value})::text`
}

/**
 * A 64-bit hash of some values together. The last mixing is needed: `hash_record_extended` adds up its
 * columns' hashes, so that a sum of it over rows is the same when two rows swap a value.
 */
export function hashOf(values: readonly string[], major: number): string {
  if (values.length === 0) return '0::bigint'
  const record = `row(${values.join(', ')})`
  if (major < 14) return `hashtextextended(${record}::text, 0)`
  return `hashint8extended(hash_record_extended(${record}, 0), 0)`
}
