import { HarnessError, messageOf } from '../errors.ts'
import type { HistoryPlan } from '../plan.ts'
import type { RehearsalRecord } from '../record.ts'
import type { Finding } from '../rehearsal.ts'
import type { Listed, OpenHistory } from './history-store.ts'
import { historyStores } from './index.ts'

/** Opens the history, hands it to `work` and closes it. Throws HarnessError `history-off`, and what the store throws. */
export async function withHistory<Result>(
  plan: HistoryPlan,
  work: (history: OpenHistory) => Promise<Result>,
): Promise<Result> {
  if (plan.store === 'off') {
    throw new HarnessError('history-off', 'No rehearsal is recorded here: the history is off.', {
      hint: 'Name a directory with --history PATH or REHEARSAL_HISTORY, or set HISTORY_DATABASE_URL.',
    })
  }
  const history = await historyStores[plan.store].open(plan)
  try {
    return await work(history)
  } finally {
    await history.close().catch(() => {})
  }
}

/** The newest earlier rehearsals, oldest first. A history that cannot be read is a warning, and as good as an empty one. */
export async function readPast(
  plan: HistoryPlan,
  last: number,
): Promise<{ past: Listed['records']; findings: Finding[] }> {
  if (plan.store === 'off') return { past: [], findings: [] }
  try {
    const { records, problems } = await withHistory(plan, (history) => history.list(last))
    return { past: records, findings: problems.length === 0 ? [] : [damaged(problems)] }
  } catch (error) {
    return { past: [], findings: [trouble('history-not-read', error)] }
  }
}

/** Records a rehearsal. That it could not be is a warning: the verdict is what it is. */
export async function keepRecord(plan: HistoryPlan, record: RehearsalRecord): Promise<Finding[]> {
  if (plan.store === 'off') return []
  try {
    await withHistory(plan, (history) => history.record(record))
    return []
  } catch (error) {
    return [trouble('history-not-recorded', error)]
  }
}

function trouble(id: string, error: unknown): Finding {
  const hint = error instanceof HarnessError ? error.hint : undefined
  return {
    id,
    severity: 'warning',
    subject: 'history',
    message: messageOf(error),
    ...(hint === undefined ? {} : { remedy: hint }),
  }
}

function damaged(problems: readonly string[]): Finding {
  return {
    id: 'history-damaged',
    severity: 'warning',
    subject: 'history',
    message: `${problems.length} of the recorded rehearsals could not be read and ${problems.length === 1 ? 'was' : 'were'} left out.`,
    remedy: 'Remove what is damaged, or read it with the version of pg-rehearsal that wrote it.',
    evidence: { details: problems.slice(0, 10) },
  }
}
