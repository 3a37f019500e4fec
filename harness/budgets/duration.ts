import type { BudgetKind } from './budget.ts'

export const duration = {
  name: 'duration',
  description: 'how long all pending migrations together take going up',
  unit: 'ms',
  measure: ({ pending, migrations }) => [
    {
      subject: 'migrations',
      value:
        pending &&
        migrations
          .filter(({ direction }) => direction === 'up')
          .reduce((sum, { durationMs }) => sum + durationMs, 0),
    },
  ],
} satisfies BudgetKind
