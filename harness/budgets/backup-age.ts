import type { BudgetKind } from './budget.ts'

export const backupAge = {
  name: 'backupAge',
  description: 'how old the backup is when it is rehearsed',
  unit: 'ms',
  measure: ({ backupAgeMs }) => [{ subject: 'backup', value: backupAgeMs }],
} satisfies BudgetKind
