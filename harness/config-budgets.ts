import { budgetKinds, budgetNames, type BudgetName } from './budgets/index.ts'
import type { Budget } from './budgets/budget.ts'
import { parseBytes, parseDuration, type Config } from './config-schema.ts'

const defaults = { last: 14, atLeast: 3 } as const

/** The config file's `budgets`, defaults filled in. Throws with every problem in one message. */
export function budgetsOf(file: Config['budgets']): Budget<BudgetName>[] {
  const problems: string[] = []
  const budgets = budgetNames.flatMap((name): Budget<BudgetName>[] => {
    const given = file?.[name]
    if (given === undefined) return []
    const { max, times, last = defaults.last, atLeast = Math.min(defaults.atLeast, last) } = given
    const parse = budgetKinds[name].unit === 'ms' ? parseDuration : parseBytes
    const amount = (text: string | undefined): number | undefined => {
      try {
        return text === undefined ? undefined : parse(text)
      } catch (error) {
        problems.push(`\`budgets.${name}\`: ${error instanceof Error ? error.message : String(error)}`)
        return undefined
      }
    }
    if (max === undefined && times === undefined)
      problems.push(`\`budgets.${name}\` needs \`max\` or \`times\``)
    if (atLeast > last) problems.push(`\`budgets.${name}\`: \`atLeast\` is more than \`last\``)
    const slack = amount(given.slack) ?? 0
    const relative = times === undefined ? undefined : { times, last, atLeast, slack }
    return [{ name, severity: given.severity ?? 'error', max: amount(max), relative }]
  })
  if (problems.length > 0) throw new Error(problems.join('; '))
  return budgets
}
