import { checks } from '../checks/index.ts'
import type { Plan } from '../plan.ts'
import type { TablesCompared } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import { sampledFindings } from './sampled.ts'
import { compareWithPristine, type DataComparison } from './compare-data.ts'
import type { Provisioned } from './provision.ts'

/** Finds out whether every row that was there still is, with the same values in the columns it had. */
export async function verifyData(
  { allowedDataChanges }: Plan,
  provisioned: Provisioned,
  before: Baseline,
  progress: Progress,
): Promise<StageOutput<TablesCompared>> {
  // By oid, so that a renamed table or column is known for what it is.
  const comparison = await compareWithPristine(provisioned, before, 'oid', progress)
  const facts = { differences: comparison.differences, allowed: allowedDataChanges }
  return {
    facts: comparison.compared,
    findings: [
      ...[checks['data-changed'], checks['row-count-drift'], checks['data-dropped']].flatMap((check) =>
        check.judge(facts),
      ),
      ...sampledFindings(before.sampling),
    ],
    summary: describe(before, comparison),
  }
}

/** `21 tables compared, 18 of them untouched and not read again, 2 of them by a sample of their rows: no difference`. */
export function describe(
  { tables, sampling }: Pick<Baseline, 'tables' | 'sampling'>,
  { differences, untouched, compared }: DataComparison,
): string {
  const found = differences.length === 0 ? 'no difference' : count(differences.length, 'difference')
  const size = [...sampling.oneIn.keys()].filter((name) => !untouched.has(name)).length
  const sampled = size === 0 ? '' : `, ${size} of them by a sample of ${size === 1 ? 'its' : 'their'} rows`
  const kept = compared.untouched === 0 ? '' : `, ${compared.untouched} of them untouched and not read again`
  return `${count(tables.length, 'table')} compared${kept}${sampled}: ${found}`
}
