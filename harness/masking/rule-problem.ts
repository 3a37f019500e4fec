import { HarnessError } from '../errors.ts'
import type { Column } from './columns.ts'
import { readyRule, ruleTitle, type Rule } from './rules/index.ts'

/** Why a rule cannot be applied to a column, as the error to show; undefined when it can. */
export function ruleProblem(column: Column, rule: Rule): HarnessError | undefined {
  if (rule === 'keep') return undefined
  const found = placeProblem(column) ?? valueProblem(column, rule)
  if (found === undefined) return undefined
  const title = `${column.schema}.${column.relation}.${column.name}`
  return new HarnessError(
    'masking-rule-unfit',
    `${title} cannot be masked with ${ruleTitle(rule)}: ${found.why}.`,
    { hint: found.hint },
  )
}

interface Problem {
  readonly why: string
  readonly hint: string
}

function placeProblem({ kind, partition, generated, relation }: Column): Problem | undefined {
  if (kind !== 'table' && kind !== 'partitioned table')
    return { why: `${relation} is a ${kind}`, hint: 'Mask the columns of the tables that it reads.' }
  if (partition)
    return { why: `${relation} is a partition`, hint: 'Mask the column of its partitioned table.' }
  if (generated)
    return { why: 'it is generated from other columns', hint: 'Mask the columns that it is made of.' }
  return undefined
}

function valueProblem({ notNull, type, family, unique, length }: Column, rule: Rule): Problem | undefined {
  if (rule === 'null')
    return notNull ? { why: 'it does not take null', hint: 'Take another rule.' } : undefined
  const ready = readyRule(rule)
  if (ready === undefined) return undefined
  if (family === null || ready.expressions[family] === undefined)
    return { why: `its type is ${type}`, hint: 'Take another rule, or an SQL expression: { sql: "…" }.' }
  if (unique && !ready.keepsDistinct)
    return {
      why: 'it is unique, and that rule may give two rows one value',
      hint: 'Take token, or an SQL expression.',
    }
  if (length !== null && length < (ready.atLeast ?? 0))
    return {
      why: `${type} is shorter than ${ready.atLeast} characters`,
      hint: 'Take another rule, such as token, or an SQL expression.',
    }
  return undefined
}
