import type { MigrationRun, Rehearsal, StatementFacts } from '../rehearsal.ts'
import { hardwareRatio } from './calibration.ts'
import type { EstimateFacts, Interval } from './facts.ts'
import type { ProductionFacts } from './production.ts'

export type Measured = Pick<Rehearsal, 'migrations' | 'statements' | 'tables'>

/**
 * What each migration that succeeded may take in production, as intervals: times measured here, scaled by the sizes of
 * the tables that a statement reads or writes and by the hardware. Pure.
 */
export function estimates(measured: Measured, production: ProductionFacts): EstimateFacts[] {
  const hardware = hardwareOf(production)
  const scaled = new Map(measured.statements.map((it) => [it, scaleOf(it, measured.tables, production)]))
  return measured.migrations
    .filter(({ status }) => status === 'success')
    .map((run) => {
      const own = measured.statements.filter(
        (it) => it.migration === run.name && it.direction === run.direction,
      )
      const durationMs = timeOf(run.durationMs, own, scaled, hardware.factor)
      const tables = [...new Set(own.flatMap((it) => scaled.get(it)?.tables ?? []))]
      return {
        migration: run.name,
        direction: run.direction,
        durationMs,
        ...exclusive(run, measured.statements, scaled, hardware.factor),
        replicaLagMs: lagOf(own, scaled, durationMs, production.replicaBandwidth),
        restsOn: [
          ...tables.map((table) => sizeText(table, measured, production)),
          ...(tables.length === 0 ? ['tables as large as in the backup'] : []),
          hardware.text,
        ],
      }
    })
}

/** One run differs from the next by so much, and an estimate is no measurement. */
const spread = { low: 0.7, high: 1.5 }
/** Where nothing is known of production's hardware. */
const unknownHardware = { low: 0.5, high: 4 }

function hardwareOf({ hardwareFactor, calibration }: ProductionFacts): { factor: Interval; text: string } {
  if (hardwareFactor !== undefined) {
    const factor = { low: hardwareFactor * 0.8, high: hardwareFactor * 1.25 }
    return { factor, text: `a hardware factor of ${round(hardwareFactor)}, as configured` }
  }
  if (calibration === undefined)
    return { factor: unknownHardware, text: 'unknown hardware: half as long to four times as long as here' }
  const factor = hardwareRatio(calibration.here, calibration.production)
  return {
    factor,
    text: `hardware ${round(factor.low)} to ${round(factor.high)} times as slow, by calibration`,
  }
}

interface Scale extends Interval {
  /** Those whose sizes made it. */
  readonly tables: readonly string[]
}

type Scales = ReadonlyMap<StatementFacts, Scale>

/** Only what reads or writes rows takes longer on larger tables. */
function scaleOf(
  { scans, rewrites, growth = [] }: StatementFacts,
  tables: Rehearsal['tables'],
  { tableSizes }: ProductionFacts,
): Scale {
  const touched = [
    ...scans.map(({ relation }) => relation),
    ...rewrites,
    ...growth.map(({ relation }) => relation),
  ]
  const ratios = [...new Set(touched)].flatMap((name) => {
    const [here, there] = [tables.find((it) => it.name === name), tableSizes[name]]
    if (here === undefined || there === undefined) return []
    const byRows = there.rows / Math.max(1, here.rows)
    const byBytes = there.bytes / Math.max(1, here.bytes)
    return [
      {
        name,
        low: Math.min(byRows, byBytes),
        high: Math.max(byRows, byBytes) * sorting(here.rows, there.rows),
      },
    ]
  })
  if (ratios.length === 0) return { low: 1, high: 1, tables: [] }
  return {
    low: Math.max(...ratios.map(({ low }) => low)),
    high: Math.max(...ratios.map(({ high }) => high)),
    tables: ratios.map(({ name }) => name),
  }
}

/** Building an index sorts: n log n. */
function sorting(here: number, there: number): number {
  return Math.max(1, Math.log2(Math.max(2, there)) / Math.log2(Math.max(2, here)))
}

/** `wholeMs` with its statements scaled by their tables, and what is left of it by hardware alone. */
function timeOf(
  wholeMs: number,
  statements: readonly StatementFacts[],
  scales: Scales,
  hardware: Interval,
): Interval {
  const spent = statements.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const restMs = Math.max(0, wholeMs - spent)
  const sum = (end: 'low' | 'high') =>
    statements.reduce((total, it) => total + it.durationMs * (scales.get(it)?.[end] ?? 1), restMs)
  const low = Math.floor(sum('low') * hardware.low * spread.low)
  return { low, high: Math.max(low + 1, Math.ceil(sum('high') * hardware.high * spread.high)) }
}

/** The longest ACCESS EXCLUSIVE lock that the migration took, held through whatever ran until it was given back. */
function exclusive(
  { name, direction }: MigrationRun,
  statements: readonly StatementFacts[],
  scales: Scales,
  hardware: Interval,
): Pick<EstimateFacts, 'exclusiveMs' | 'exclusiveOn'> {
  const held = statements
    .filter((it) => it.migration === name && it.direction === direction)
    .flatMap(({ startedMs = Infinity, timing, locks }) =>
      locks
        .filter(({ mode }) => mode === 'ACCESS EXCLUSIVE')
        .map(({ relation, heldMs }) => {
          const wholeMs = heldMs ?? 0
          const during = statements.filter(
            (it) => it.timing === timing && isWithin(it.startedMs, startedMs, startedMs + wholeMs),
          )
          return { exclusiveOn: relation, exclusiveMs: timeOf(wholeMs, during, scales, hardware) }
        }),
    )
  const longest = held.toSorted((one, other) => other.exclusiveMs.high - one.exclusiveMs.high)[0]
  return longest ?? { exclusiveOn: null, exclusiveMs: null }
}

const isWithin = (at: number | undefined, from: number, until: number): boolean =>
  at !== undefined && at >= from && at < until

/** At best a replica keeps up while the migration runs; at worst it begins when all has been written. */
function lagOf(
  statements: readonly StatementFacts[],
  scales: Scales,
  durationMs: Interval,
  bandwidth: number | undefined,
): Interval | null {
  if (bandwidth === undefined) return null
  const ms = (end: 'low' | 'high') =>
    (statements.reduce((sum, it) => sum + it.walBytes * (scales.get(it)?.[end] ?? 1), 0) / bandwidth) * 1000
  const low = Math.max(0, Math.floor(ms('low') - durationMs.high))
  return { low, high: Math.max(low + 1, Math.ceil(ms('high') * spread.high)) }
}

function sizeText(name: string, { tables }: Measured, { tableSizes }: ProductionFacts): string {
  const here = tables.find((it) => it.name === name)
  const rows = (number: number | undefined) => (number ?? 0).toLocaleString('en-GB')
  return `${name} with ${rows(tableSizes[name]?.rows)} rows instead of ${rows(here?.rows)}`
}

const round = (factor: number): string => String(Math.round(factor * 100) / 100)
