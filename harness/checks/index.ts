import type { Check } from './check.ts'
import { dataChanged } from './data-changed.ts'
import { dataDropped } from './data-dropped.ts'
import { downBeyondUp } from './down-beyond-up.ts'
import { downCatalogDrift } from './down-catalog-drift.ts'
import { downDataDrift } from './down-data-drift.ts'
import { downWithoutEffect } from './down-without-effect.ts'
import { invalidIndexLeft } from './invalid-index-left.ts'
import { newWriteLost } from './new-write-lost.ts'
import { rollbackCatalogDrift } from './rollback-catalog-drift.ts'
import { rollbackDataDrift } from './rollback-data-drift.ts'
import { rowCountDrift } from './row-count-drift.ts'
import { twoMigratorsClash } from './two-migrators-clash.ts'
import { unvalidatedConstraintLeft } from './unvalidated-constraint-left.ts'
import { upAgainDrift } from './up-again-drift.ts'

/** Every check of before and after, by the id of its findings. Add one by registering it here. */
export const checks = {
  'data-changed': dataChanged,
  'data-dropped': dataDropped,
  'down-beyond-up': downBeyondUp,
  'down-catalog-drift': downCatalogDrift,
  'down-data-drift': downDataDrift,
  'down-without-effect': downWithoutEffect,
  'invalid-index-left': invalidIndexLeft,
  'new-write-lost': newWriteLost,
  'rollback-catalog-drift': rollbackCatalogDrift,
  'rollback-data-drift': rollbackDataDrift,
  'row-count-drift': rowCountDrift,
  'two-migrators-clash': twoMigratorsClash,
  'unvalidated-constraint-left': unvalidatedConstraintLeft,
  'up-again-drift': upAgainDrift,
} satisfies Record<string, Check<never>>

export type CheckId = keyof typeof checks
