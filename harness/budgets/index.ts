import { backupAge } from './backup-age.ts'
import type { BudgetKind } from './budget.ts'
import { duration } from './duration.ts'
import { growth } from './growth.ts'
import { migrationDuration } from './migration-duration.ts'
import { restore } from './restore.ts'
import { stall } from './stall.ts'
import { wal } from './wal.ts'

/** Every figure that can have a budget, by the name that the config file gives it. Add one by registering it here. */
export const budgetKinds = {
  stall,
  migrationDuration,
  duration,
  wal,
  growth,
  restore,
  backupAge,
} satisfies Record<string, BudgetKind>

export type BudgetName = keyof typeof budgetKinds

export const budgetNames = Object.keys(budgetKinds) as BudgetName[]
