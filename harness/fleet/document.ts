import type { Verdict } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import { version } from '../version.ts'
import { commonFindings, type CommonFinding } from './common-findings.ts'
import type { FleetResult } from './fleet.ts'
import { outliersOf, type Outlier } from './outliers.ts'
import type { Shard } from './shard.ts'

/** What every report over a fleet is a function of. Schema: `docs/fleet.schema.json`. */
export interface FleetDocument {
  readonly schemaVersion: 1
  readonly kind: 'fleet'
  readonly tool: { readonly name: 'pg-rehearsal'; readonly version: string }
  /** ISO 8601, UTC. */
  readonly startedAt: string
  /** From the first start to the last end. */
  readonly durationMs: number
  /** Of `share`: the worst of its databases. */
  readonly verdict: Verdict
  readonly summary: string
  /** Every database of the fleet. */
  readonly databases: readonly string[]
  /** Those that this document answers for; all of them unless it is of a shard. */
  readonly share: readonly string[]
  readonly shard: Shard | null
  /** How many times the median makes an outlier. */
  readonly outlierFactor: number
  /** One for each of `share`, in that order. */
  readonly results: readonly FleetResult[]
  /** Databases that more than one result was found of; the worst of them counts. */
  readonly repeats: readonly Repeat[]
  readonly outliers: readonly Outlier[]
  readonly findings: readonly CommonFinding[]
}

export interface Repeat {
  readonly name: string
  readonly results: readonly Pick<FleetResult, 'verdict' | 'where' | 'startedAt'>[]
}

/** What is known when the rehearsals have ended; the rest follows from it. */
export type FleetFacts = Pick<
  FleetDocument,
  'startedAt' | 'durationMs' | 'databases' | 'share' | 'shard' | 'outlierFactor'
> & {
  /** In any order; of what `share` has none of, nothing is known. */
  readonly results: readonly FleetResult[]
}

/** The document over all results. A database without a result could not be verified; of several the worst counts. */
export function fleetDocument({ results: found, ...facts }: FleetFacts): FleetDocument {
  const byName = Map.groupBy(found, ({ name }) => name)
  const chosen = facts.share.map((name) => choose(name, byName.get(name) ?? []))
  const results = chosen.map(({ result }) => result)
  const verdict = fleetVerdict(facts.share, results)
  const outliers = outliersOf(results, facts.outlierFactor)
  return {
    schemaVersion: 1,
    kind: 'fleet',
    tool: { name: 'pg-rehearsal', version },
    startedAt: facts.startedAt,
    durationMs: facts.durationMs,
    verdict,
    summary: summaryOf(facts, results, outliers.length),
    databases: facts.databases,
    share: facts.share,
    shard: facts.shard,
    outlierFactor: facts.outlierFactor,
    results,
    repeats: chosen.flatMap(({ repeat }) => repeat ?? []),
    outliers,
    findings: commonFindings(results),
  }
}

/**
 * The worst verdict: `failed` when any database failed, else `could-not-verify` when any could not be verified or has no
 * result. A share without a database, as one of more shards than databases has, leaves nothing unverified.
 */
export function fleetVerdict(share: readonly string[], results: readonly FleetResult[]): Verdict {
  if (results.some(({ verdict }) => verdict === 'failed')) return 'failed'
  const passed = new Set(results.filter(({ verdict }) => verdict === 'passed').map(({ name }) => name))
  const unsure = results.some(({ verdict }) => verdict !== 'passed')
  return !unsure && share.every((name) => passed.has(name)) ? 'passed' : 'could-not-verify'
}

/** A database as it stands in a report when nothing was done about it. */
export function notRun(
  name: string,
  reason: NonNullable<FleetResult['notRun']>,
  summary: string,
): FleetResult {
  return { ...notVerified(name, summary), notRun: reason }
}

/** A database of which no rehearsal tells anything. */
export function notVerified(name: string, summary: string): FleetResult {
  return {
    name,
    verdict: 'could-not-verify',
    summary,
    exitCode: null,
    rehearsal: null,
    startedAt: null,
    durationMs: 0,
    attempts: 0,
    where: null,
    findings: [],
    migrations: [],
    reports: {},
  }
}

const badness: readonly Verdict[] = ['passed', 'could-not-verify', 'failed']

function choose(name: string, all: readonly FleetResult[]): { result: FleetResult; repeat?: Repeat } {
  const ran = all.filter((result) => result.notRun === undefined)
  // What one machine did not come to, another may have done.
  const [first, ...others] = distinct(ran.length > 0 ? ran : all.slice(0, 1))
  if (first === undefined)
    return { result: notRun(name, 'missing', 'It belongs to the fleet, yet there is no result of it.') }
  const worst = others.reduce(
    (worse, it) => (badness.indexOf(it.verdict) > badness.indexOf(worse.verdict) ? it : worse),
    first,
  )
  if (others.length === 0) return { result: worst }
  const results = [first, ...others].map(({ verdict, where, startedAt }) => ({ verdict, where, startedAt }))
  return { result: worst, repeat: { name, results } }
}

/** A result that two documents have is one all the same. */
function distinct(results: readonly FleetResult[]): FleetResult[] {
  const byIdentity = new Map(
    results.map((result) => [`${result.where} ${result.startedAt} ${result.rehearsal}`, result]),
  )
  return [...byIdentity.values()]
}

function summaryOf(
  { databases, share, shard }: Pick<FleetFacts, 'databases' | 'share' | 'shard'>,
  results: readonly FleetResult[],
  outliers: number,
): string {
  const which = shard === null ? '' : ` of shard ${shard.index}/${shard.total}`
  if (share.length === 0) return `None of ${count(databases.length, 'database')} falls to this share${which}.`
  const having = (verdict: Verdict) =>
    results.filter((result) => result.verdict === verdict && result.notRun === undefined).length
  const idle = results.filter((result) => result.notRun !== undefined).length
  const parts = [
    [having('failed'), 'failed'],
    [having('could-not-verify'), 'could not be verified'],
    [idle, 'not rehearsed'],
  ] as const
  const told = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`)
  const passed = having('passed')
  const first =
    passed === results.length
      ? `${results.length === 1 ? 'The only database' : `All ${count(passed, 'database')}`}${which} passed`
      : `${passed} of ${count(results.length, 'database')}${which} passed, ${told.join(', ')}`
  return `${first}${outliers === 0 ? '' : `; ${count(outliers, 'outlier')}`}.`
}
