import type { Plan } from '../plan.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import type { Provisioned } from './provision.ts'

export async function verifyData(
  _plan: Plan,
  _provisioned: Provisioned,
  _before: Baseline,
  _progress: Progress,
): Promise<StageOutput<null>> {
  return { facts: null, summary: 'TODO' }
}
