import { judgeBudgets } from './budgets/judge.ts'
import { keepRecord, readPast } from './history/history.ts'
import type { Plan } from './plan.ts'
import { recordOf } from './record.ts'
import { coreStageNames, verdictOf, type Rehearsal } from './rehearsal.ts'
import { summaryOf } from './summary.ts'
import { trendsOf } from './trends.ts'

/** How many earlier rehearsals are looked at, at most. */
const pastAtMost = 200

/**
 * The rehearsal as it is told, held against budgets and history: with what that yields, its verdict and its summary.
 * A history that cannot be read leaves the verdict alone and is told.
 */
export async function concluded(
  plan: Pick<Plan, 'history' | 'budgets'>,
  told: Omit<Rehearsal, 'verdict' | 'summary' | 'trends'>,
): Promise<Rehearsal> {
  const undecided: Rehearsal = { ...told, verdict: verdictOf(told), summary: '', trends: null }
  const record = recordOf(undecided, plan.history.project)
  const { past, findings } = await readPast(plan.history, pastAtMost)
  const completed = new Set(told.stages.filter((it) => it.status === 'completed').map(({ name }) => name))
  const ranWhole = [...coreStageNames, ...told.questions].every((name) => completed.has(name))
  const budgets = judgeBudgets(plan.budgets, record, past, { ranWhole })
  const judged = {
    ...undecided,
    findings: [...told.findings, ...budgets.findings, ...findings],
    limits: [...told.limits, ...budgets.limits],
  }
  const verdict = verdictOf(judged)
  const decided = { ...judged, verdict, trends: trendsOf({ ...record, verdict }, past) }
  return { ...decided, summary: summaryOf(decided) }
}

/** Records a rehearsal; returns it with a warning when that was not possible. */
export async function recorded(plan: Pick<Plan, 'history'>, rehearsal: Rehearsal): Promise<Rehearsal> {
  const findings = await keepRecord(plan.history, recordOf(rehearsal, plan.history.project))
  return { ...rehearsal, findings: [...rehearsal.findings, ...findings] }
}
