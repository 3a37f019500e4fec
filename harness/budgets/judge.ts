import { comparable, type RehearsalRecord } from '../record.ts'
import type { Finding } from '../rehearsal.ts'
import { bytes, count, duration } from '../reports/text.ts'
import type { Budget, BudgetKind, Measured, RelativeLimit } from './budget.ts'
import { budgetKinds, type BudgetName } from './index.ts'
import { median } from '../median.ts'

/** What budgets make of a rehearsal: findings, and a sentence for each thing that no history said anything about. */
export interface JudgedBudgets {
  readonly findings: readonly Finding[]
  readonly limits: readonly string[]
}

/**
 * Holds a rehearsal's figures against the budgets. A figure above its limit is `budget-exceeded`; one that was not
 * measured is `budget-not-judged`, which cannot pass, unless a stage ended early and has said why; too few earlier
 * rehearsals (of those in `past`, on the same engine) are `budget-without-history`, a notice. Pure.
 */
export function judgeBudgets(
  budgets: readonly Budget<BudgetName>[],
  record: RehearsalRecord,
  past: readonly RehearsalRecord[],
  { ranWhole }: { readonly ranWhole: boolean },
): JudgedBudgets {
  const earlier = comparable(past, record)
  const judged = budgets.map((budget) => judge(budget, record, earlier, ranWhole))
  return {
    findings: judged.flatMap(({ findings }) => findings),
    limits: judged.flatMap(({ limits }) => limits),
  }
}

function judge(
  budget: Budget<BudgetName>,
  record: RehearsalRecord,
  earlier: readonly RehearsalRecord[],
  ranWhole: boolean,
): JudgedBudgets {
  const kind: BudgetKind = budgetKinds[budget.name]
  const findings: Finding[] = []
  const young: Measured[] = []
  for (const measured of kind.measure(record)) {
    const { subject, value } = measured
    if (value === null) {
      if (ranWhole) findings.push(notMeasured(kind, subject))
      continue
    }
    const history = budget.relative && valuesOf(kind, subject, earlier, budget.relative)
    const isYoung = budget.relative !== undefined && (history?.length ?? 0) < budget.relative.atLeast
    if (isYoung) young.push(measured)
    const limit = strictest(budget, isYoung ? undefined : history, kind)
    if (limit !== undefined && value > limit.value) {
      findings.push(exceeded(kind, budget, { subject, value }, limit))
    }
  }
  if (young.length === 0 || budget.relative === undefined) return { findings, limits: [] }
  const subjects = young.map(({ subject }) => subject).join(', ')
  const needed = `the ${count(budget.relative.atLeast, 'earlier rehearsal')} that its median needs`
  const message = `${sentence(kind.name)} of ${subjects} could not be compared: the history does not have ${needed} yet.`
  return {
    findings: [...findings, { ...notice, subject: kind.name, message }],
    limits: [`Budget not judged for want of history: ${kind.name} of ${subjects}.`],
  }
}

const notice = { id: 'budget-without-history', severity: 'notice' } as const

function valuesOf(
  kind: BudgetKind,
  subject: string,
  earlier: readonly RehearsalRecord[],
  { last }: RelativeLimit,
): number[] {
  return earlier
    .flatMap((record) => kind.measure(record))
    .flatMap((it) => (it.subject === subject && it.value !== null ? [it.value] : []))
    .slice(-last)
}

interface Limit {
  readonly value: number
  readonly text: string
}

/** The lower of the absolute limit and the relative one, of those that can be told. */
function strictest(
  { max, relative }: Budget,
  history: readonly number[] | undefined,
  kind: BudgetKind,
): Limit | undefined {
  const limits: Limit[] = max === undefined ? [] : [{ value: max, text: amount(kind, max) }]
  if (relative !== undefined && history !== undefined) {
    const { times, slack } = relative
    const middle = median(history)
    const value = middle * times + slack
    const more = slack === 0 ? '' : ` and ${amount(kind, slack)}`
    const base = `${times} times the median of ${count(history.length, 'earlier rehearsal')} (${amount(kind, middle)})${more}`
    limits.push({ value, text: `${amount(kind, value)}: ${base}` })
  }
  return limits.toSorted((one, other) => one.value - other.value)[0]
}

function exceeded(
  kind: BudgetKind,
  { severity }: Budget,
  { subject, value }: { subject: string; value: number },
  limit: Limit,
): Finding {
  return {
    id: 'budget-exceeded',
    severity,
    subject,
    message: `${sentence(kind.name)} is ${amount(kind, value)}; the budget is ${limit.text}.`,
    remedy: `See what changed, or change \`budgets.${kind.name}\` in the config file on purpose.`,
  }
}

function notMeasured({ name, description }: BudgetKind, subject: string): Finding {
  return {
    id: 'budget-not-judged',
    severity: 'unverified',
    subject,
    message: `There is a budget for ${name} (${description}), and it was not measured.`,
    remedy: 'Ask what measures it (--ask all), or take the budget out.',
  }
}

const amount = ({ unit }: BudgetKind, value: number): string =>
  unit === 'ms' ? long(value) : value < 0 ? `-${bytes(-value)}` : bytes(value)

/** Backups are days old, and `2880 min 0 s` says that badly. */
function long(ms: number): string {
  return ms < 2 * 3_600_000 ? duration(ms) : `${(ms / 3_600_000).toFixed(1)} h`
}

/** `migrationDuration` as `Migration duration`. */
function sentence(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}
