import type { Expression, TrafficStep } from './traffic-plan.ts'

/** The value of an expression, a whole number; division is cut off towards zero, as pgbench does. Throws on division by zero. */
export function evaluate(expression: Expression, variables: ReadonlyMap<string, number>): number {
  switch (expression.kind) {
    case 'number':
      return expression.value
    case 'variable':
      return variables.get(expression.name) ?? 0
    case 'random': {
      const from = evaluate(expression.from, variables)
      const to = evaluate(expression.to, variables)
      return from + Math.floor(Math.random() * (to - from + 1))
    }
    case 'operation': {
      const left = evaluate(expression.left, variables)
      const right = evaluate(expression.right, variables)
      return calculate(expression.operator, left, right)
    }
  }
}

/** The statement with its variables' values in their places. */
export function filledIn(
  { sql, variables: names }: Extract<TrafficStep, { kind: 'sql' }>,
  values: ReadonlyMap<string, number>,
): string {
  if (names.length === 0) return sql
  return sql.replaceAll(variablePattern, (whole, name: string) =>
    names.includes(name) ? String(values.get(name) ?? 0) : whole,
  )
}

/** `:name`, and not the `::type` of a cast. */
export const variablePattern = /(?<!:):([A-Za-z_]\w*)/g

function calculate(operator: '+' | '-' | '*' | '/' | '%', left: number, right: number): number {
  if (operator === '+') return left + right
  if (operator === '-') return left - right
  if (operator === '*') return left * right
  if (right === 0) throw new Error('division by zero in \\set')
  return operator === '/' ? Math.trunc(left / right) : left % right
}
