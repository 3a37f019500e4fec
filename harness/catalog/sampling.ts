import type { DataTable } from './data-tables.ts'
import { hashOf, valueOf, type Value } from './row-hash.ts'

/** Which tables are too large to be read in full. Made once, so that everything compares the same rows. */
export interface Sampling {
  /** By name, one row in how many is read: a power of two. */
  readonly oneIn: ReadonlyMap<string, number>
  /** Tables that are as large and have no key to choose rows by: they are read in full. */
  readonly withoutKey: readonly string[]
}

/** Every row of every table. */
export const everyRow: Sampling = { oneIn: new Map(), withoutKey: [] }

/**
 * Of tables that take more than `aboveBytes`, with indexes and TOAST, a sample of at most about so much; undefined:
 * every row. Rows are chosen by the hash of their key, so that the same ones are chosen wherever they lie.
 */
export function planSampling(tables: readonly DataTable[], aboveBytes: number | undefined): Sampling {
  if (aboveBytes === undefined) return everyRow
  const large = tables.filter(({ counted, bytes }) => counted && bytes > aboveBytes)
  return {
    oneIn: new Map(
      large
        .filter(({ key }) => key.length > 0)
        .map(({ name, bytes }) => [name, powerAbove(bytes / aboveBytes)]),
    ),
    withoutKey: large.filter(({ key }) => key.length === 0).map(({ name }) => name),
  }
}

/** Holds for one row in `oneIn`, by the key's values. */
export function sampleCondition(key: readonly Value[], oneIn: number, major: number): string {
  // Not the lowest 18 bits, by which rows fall into buckets.
  return `((${hashOf(key, major)} >> 20) & ${oneIn - 1}) = 0`
}

/** The same for a table as it is; undefined where it has no key, or every row is wanted. */
export function sampleOf(table: DataTable, { oneIn }: Sampling, major: number): string | undefined {
  const wanted = oneIn.get(table.name)
  const key = table.key.flatMap((attnum) => table.columns.filter((column) => column.attnum === attnum))
  if (wanted === undefined || key.length === 0) return undefined
  return sampleCondition(
    key.map((column) => valueOf(column)),
    wanted,
    major,
  )
}

/** `where` with all of the conditions that there are; empty when there is none. */
export function whereOf(...conditions: readonly (string | undefined)[]): string {
  const given = conditions.filter((condition) => condition !== undefined)
  return given.length === 0 ? '' : `where ${given.join(' and ')}`
}

function powerAbove(ratio: number): number {
  return 2 ** Math.ceil(Math.log2(ratio))
}
