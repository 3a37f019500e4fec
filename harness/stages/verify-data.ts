import { checks } from '../checks/index.ts'
import type { DataDifference } from '../catalog/data-difference.ts'
import type { Plan } from '../plan.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import { sampledFindings } from './sampled.ts'
import { compareWithPristine } from './compare-data.ts'
import type { Provisioned } from './provision.ts'

/** Finds out whether every row that was there still is, with the same values in the columns it had. */
export async function verifyData(
  { allowedDataChanges }: Plan,
  provisioned: Provisioned,
  before: Baseline,
  progress: Progress,
): Promise<StageOutput<readonly DataDifference[]>> {
  // By oid, so that a renamed table or column is known for what it is.
  const differences = await compareWithPristine(provisioned, before, 'oid', progress)
  const facts = { differences, allowed: allowedDataChanges }
  return {
    facts: differences,
    findings: [
      ...[checks['data-changed'], checks['row-count-drift'], checks['data-dropped']].flatMap((check) =>
        check.judge(facts),
      ),
      ...sampledFindings(before.sampling),
    ],
    summary: describe(before, differences),
  }
}

/** `21 tables compared, 2 of them by a sample of their rows: no difference`. */
export function describe(
  { tables, sampling }: Pick<Baseline, 'tables' | 'sampling'>,
  differences: readonly DataDifference[],
): string {
  const found = differences.length === 0 ? 'no difference' : count(differences.length, 'difference')
  const { size } = sampling.oneIn
  const sampled = size === 0 ? '' : `, ${size} of them by a sample of ${size === 1 ? 'its' : 'their'} rows`
  return `${count(tables.length, 'table')} compared${sampled}: ${found}`
}
