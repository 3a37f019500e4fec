import type { BudgetKind } from './budget.ts'

export const restore = {
  name: 'restore',
  description: 'how long the backup takes to restore',
  unit: 'ms',
  measure: ({ restoreMs }) => [{ subject: 'restore', value: restoreMs }],
} satisfies BudgetKind
