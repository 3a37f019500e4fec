import type { BudgetKind } from './budget.ts'

export const growth = {
  name: 'growth',
  description: 'by how much all pending migrations together make the database larger',
  unit: 'bytes',
  measure: ({ growthBytes }) => [{ subject: 'database', value: growthBytes }],
} satisfies BudgetKind
