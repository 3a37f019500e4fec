import type { BudgetKind } from './budget.ts'

export const wal = {
  name: 'wal',
  description: 'how much write-ahead log one migration writes going up, each of them',
  unit: 'bytes',
  measure: ({ migrations }) =>
    migrations
      .filter(({ direction }) => direction === 'up')
      .map(({ name, walBytes }) => ({ subject: name, value: walBytes })),
} satisfies BudgetKind
