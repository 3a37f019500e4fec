import type { Check } from './check.ts'
import { dataChanged } from './data-changed.ts'
import { dataDropped } from './data-dropped.ts'
import { rollbackCatalogDrift } from './rollback-catalog-drift.ts'
import { rollbackDataDrift } from './rollback-data-drift.ts'
import { rowCountDrift } from './row-count-drift.ts'

/** Every check of before and after, by the id of its findings. Add one by registering it here. */
export const checks = {
  'data-changed': dataChanged,
  'data-dropped': dataDropped,
  'rollback-catalog-drift': rollbackCatalogDrift,
  'rollback-data-drift': rollbackDataDrift,
  'row-count-drift': rowCountDrift,
} satisfies Record<string, Check<never>>

export type CheckId = keyof typeof checks
