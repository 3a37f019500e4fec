import type { BudgetKind } from './budget.ts'

export const migrationDuration = {
  name: 'migrationDuration',
  description: 'how long one migration takes going up, each of them',
  unit: 'ms',
  measure: ({ migrations }) =>
    migrations
      .filter(({ direction }) => direction === 'up')
      .map(({ name, durationMs }) => ({ subject: name, value: durationMs })),
} satisfies BudgetKind
