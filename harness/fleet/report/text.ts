import { count, duration } from '../../reports/text.ts'
import type { CommonFinding } from '../common-findings.ts'
import type { FleetDocument, Repeat } from '../document.ts'
import type { FleetResult } from '../fleet.ts'
import type { Outlier } from '../outliers.ts'

/** How the verdict of one database is called. */
export function verdictText({ verdict, notRun }: FleetResult): string {
  if (notRun === 'missing') return 'no result'
  if (notRun !== undefined) return 'not rehearsed'
  return verdict === 'could-not-verify' ? 'could not verify' : verdict
}

/** `shop: migration 2026_01_add_index took 40 times the median of 60 databases (2 min 1 s, usual 3.0 s)`. */
export function outlierText({ name, migration, durationMs, medianMs, measured }: Outlier): string {
  const what = migration === null ? 'the rehearsal' : `migration ${migration}`
  return `${name}: ${what} took ${timesText(durationMs / medianMs)} the median of ${count(measured, 'database')} (${duration(durationMs)}, usual ${duration(medianMs)})`
}

function timesText(times: number): string {
  return `${times < 10 ? times.toFixed(1) : Math.round(times)} times`
}

/** `fails in 3 of 60: a, b, c`, with the verb of its severity. */
export function spreadText(
  { severity, databases }: CommonFinding,
  { results }: Pick<FleetDocument, 'results'>,
  shown = 10,
): string {
  const verbs = { error: 'fails in', unverified: 'not verified in', warning: 'warned of in', notice: 'in' }
  const rehearsed = results.filter(({ rehearsal }) => rehearsal !== null).length
  const names = databases.slice(0, shown).join(', ')
  const more = databases.length - shown
  return `${verbs[severity]} ${databases.length} of ${rehearsed}: ${names}${more > 0 ? ` and ${more} more` : ''}`
}

/** `shop has 2 results, of which the worst counts: passed on a, failed on b`. */
export function repeatText({ name, results }: Repeat): string {
  const told = results.map(({ verdict, where }) => `${verdict} on ${where ?? 'an unknown host'}`)
  return `${name} has ${results.length} results, of which the worst counts: ${told.join(', ')}`
}

/** What did not pass, worst first: failed, not verified, not rehearsed. */
export function troubled(results: readonly FleetResult[]): FleetResult[] {
  const rank = ({ verdict, notRun }: FleetResult) => (verdict === 'failed' ? 0 : notRun === undefined ? 1 : 2)
  return results
    .filter(({ verdict }) => verdict !== 'passed')
    .toSorted((one, other) => rank(one) - rank(other))
}

/** Which databases of the fleet this document says nothing of, in a sentence; undefined when it is about all. */
export function shareText({ databases, share, shard }: FleetDocument): string | undefined {
  if (share.length === databases.length) return undefined
  const which = shard === null ? 'a part of the fleet' : `shard ${shard.index} of ${shard.total}`
  return `This is ${which}: ${share.length} of ${count(databases.length, 'database')}. Nothing is said of the others.`
}
