import type { BudgetKind } from './budget.ts'

export const stall = {
  name: 'stall',
  description: 'how long clients would wait for one migration going up, each of them',
  unit: 'ms',
  measure: ({ migrations }) =>
    migrations
      .filter(({ direction }) => direction === 'up')
      .map(({ name, stallMs }) => ({ subject: name, value: stallMs })),
} satisfies BudgetKind
