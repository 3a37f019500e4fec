import { escapeIdentifier } from 'pg'
import type { DataColumn } from './data-tables.ts'

/** A column's value as SQL, and how the server hashes it. */
export interface Value {
  readonly sql: string
  readonly type: HashedType
}

/** How values are hashed: as the server hashes a type of its own, or as the text that a client reads. */
export type HashedType = (typeof hashedTypes)[number]

/**
 * Types whose equality is equality of what a client reads. Others hash equal what is not the same: -0 and 0,
 * `1 month` and `30 days`, `a` and `A` in citext, 1.0 and 1.00 in a numeric without a scale, arrays of other
 * dimensions; an enum hashes by object ids that a type made anew does not keep; json and points do not hash.
 */
export const hashedTypes = [
  'bool',
  'int2',
  'int4',
  'int8',
  'oid',
  'text',
  'varchar',
  'bpchar',
  'name',
  'bytea',
  'uuid',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'numeric',
] as const

/**
 * A column's value: as it is where the server's own hash is exact, else as text. `castTo` gives the type that the
 * other side has meanwhile.
 */
export function valueOf(column: DataColumn, castTo?: DataColumn): Value {
  const value = `t.${escapeIdentifier(column.name)}`
  const cast = castTo === undefined ? value : `(${value})::${castTo.type}`
  const type = (castTo ?? column).hashedAs
  return type === null ? textValueOf(cast) : { sql: cast, type }
}

/** A value as the text that a client reads. */
export function textValueOf(value: string): Value {
  return { sql: textOf(value), type: 'text' }
}

/** The text that a client reads. */
export function textOf(value: string): string {
  return `(${value})::text`
}

/**
 * A 64-bit hash of some values together, by one call for each value and one that puts it to the others: making a
 * record of them first, for `hash_record_extended`, takes twice as long. The hash of one value has that of all
 * others as its seed. A mere sum of hashes would come to the same over all rows when two rows swap a value, as
 * `hash_record_extended` does.
 */
export function hashOf(values: readonly Value[], major: number): string {
  const [only] = values
  if (only === undefined) return '0::bigint'
  if (values.length === 1) return hashed(only, 0, major)
  const mixing = Math.max(
    0,
    values.findIndex(({ type }) => mixers.has(type)),
  )
  const others = values
    .map((value, at) => (at === mixing ? undefined : hashed(value, at, major)))
    .filter((hash) => hash !== undefined)
    .join(' # ')
  const mixed = values[mixing] ?? only
  return `coalesce(${call(mixed, seedOf(mixed, others), major)}, hashtextextended('null', ${others}))`
}

/** Types that are cheap to hash and seldom null. */
const mixers: ReadonlySet<HashedType> = new Set(['uuid', 'int8', 'int4', 'timestamptz', 'timestamp'])

/** Never null; equal values in other places hash otherwise. */
function hashed(value: Value, at: number, major: number): string {
  const place = at + 1
  return `coalesce(${call(value, seedOf(value, String(place)), major)}, ${nullHash(place)})`
}

/** The server folds 64 bits into 32 before it hashes them; of the seed it takes all 64. */
function seedOf({ sql, type }: Value, seed: string): string {
  return type === 'int8' ? `${seed} # ${sql}` : seed
}

function nullHash(place: number): string {
  const golden = 0x9e3779b97f4a7c15n
  return `${BigInt.asUintN(63, BigInt(place) * golden)}`
}

/** The server's functions by name, as of Postgres 12; several have no operator class's signature before 18. */
function call({ sql, type }: Value, seed: string, major: number): string {
  switch (type) {
    case 'bool':
      return `hashint4extended((${sql})::int4, ${seed})`
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
    case 'name':
      return `hash${type}extended(${sql}, ${seed})`
    case 'text':
    case 'varchar':
      // Under a collation of its own, what is not the same could hash equal.
      return `hashtextextended((${sql})::text collate "C", ${seed})`
    case 'bpchar':
      return `hashbpcharextended((${sql}) collate "C", ${seed})`
    case 'uuid':
    case 'time':
    case 'timestamp':
      return `${type}_hash_extended(${sql}, ${seed})`
    case 'timestamptz':
      return `timestamp_hash_extended(timezone(interval '0', ${sql}), ${seed})`
    case 'numeric':
      return `hash_numeric_extended(${sql}, ${seed})`
    case 'date':
      return `case when isfinite(${sql}) then hashint4extended(${sql} - date '2000-01-01', ${seed})
        else hashtextextended((${sql})::text collate "C", ${seed}) end`
    case 'bytea':
      // No function of SQL's takes it before 18.
      return major < 14
        ? `hashtextextended((${sql})::text collate "C", ${seed})`
        : `case when ${sql} is not null then hash_record_extended(row(${sql}), ${seed}) end`
  }
}
