import { median } from '../median.ts'
import type { FleetResult } from './fleet.ts'

/** A database that takes far longer than the others. */
export interface Outlier {
  readonly name: string
  /** The migration that does; null: the rehearsal as a whole. */
  readonly migration: string | null
  readonly durationMs: number
  /** Of all databases that were measured. */
  readonly medianMs: number
  readonly measured: number
}

/** Of fewer values nobody can say what is usual. */
const fewest = 5

/**
 * How far from the median a value must be beside, in deviations of the others: what varies widely has no outliers. As
 * Iglewicz and Hoaglin have it (How to Detect and Handle Outliers, 1993): 3.5 of median absolute deviations, scaled so
 * that they compare with standard ones.
 */
const deviations = 3.5 * 1.4826

/** What nobody would wait for is no outlier, how many times a median of next to nothing it may be. */
const leastDifferenceMs = 250

/** Every outlier: `factor` times the median at least and far from the others; the farthest first. */
export function outliersOf(results: readonly FleetResult[], factor: number): Outlier[] {
  const measured = results.filter(({ rehearsal }) => rehearsal !== null)
  const migrations = new Set(measured.flatMap((result) => result.migrations.map(({ name }) => name)))
  return [
    ...among(
      null,
      measured.map(({ name, durationMs }) => ({ name, durationMs })),
      factor,
    ),
    ...[...migrations].flatMap((migration) => among(migration, timesOf(measured, migration), factor)),
  ].toSorted((one, other) => other.durationMs / other.medianMs - one.durationMs / one.medianMs)
}

interface Measured {
  readonly name: string
  readonly durationMs: number
}

function timesOf(results: readonly FleetResult[], migration: string): Measured[] {
  return results.flatMap(({ name, migrations }) =>
    migrations.filter((it) => it.name === migration).map(({ durationMs }) => ({ name, durationMs })),
  )
}

function among(migration: string | null, values: readonly Measured[], factor: number): Outlier[] {
  if (values.length < fewest) return []
  const usual = median(values.map(({ durationMs }) => durationMs))
  const spread = median(values.map(({ durationMs }) => Math.abs(durationMs - usual)))
  // A median of 0 ms is one below the clock's millisecond.
  const medianMs = Math.max(usual, 1)
  return values
    .filter(
      ({ durationMs }) =>
        durationMs >= factor * medianMs &&
        durationMs - usual > deviations * spread &&
        durationMs - usual >= leastDifferenceMs,
    )
    .map(({ name, durationMs }) => ({ name, migration, durationMs, medianMs, measured: values.length }))
}
