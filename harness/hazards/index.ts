import { addedColumnRewrite } from './added-column-rewrite.ts'
import { backfillBehindLock } from './backfill-behind-lock.ts'
import { blockingIndexBuild } from './blocking-index-build.ts'
import { checkScan } from './check-scan.ts'
import { concurrentlyInTransaction } from './concurrently-in-transaction.ts'
import { constraintIndexBuild } from './constraint-index-build.ts'
import { enumValueUsedTooEarly } from './enum-value-used-too-early.ts'
import { exclusiveMaintenance } from './exclusive-maintenance.ts'
import { foreignKeyScan } from './foreign-key-scan.ts'
import { missingLockTimeout } from './missing-lock-timeout.ts'
import { oldReleaseBreak } from './old-release-break.ts'
import { parentLockedByDrop } from './parent-locked-by-drop.ts'
import { partitionParentLock } from './partition-parent-lock.ts'
import { setNotNullScan } from './set-not-null-scan.ts'
import { typeChangeRewrite } from './type-change-rewrite.ts'
import { unbatchedWrite } from './unbatched-write.ts'
import { workBehindLock } from './work-behind-lock.ts'
import type { Hazard } from './hazard.ts'

/** Every hazard, by the id of its findings. Add one by registering it here. */
export const hazards = {
  'added-column-rewrite': addedColumnRewrite,
  'backfill-behind-lock': backfillBehindLock,
  'blocking-index-build': blockingIndexBuild,
  'check-scan': checkScan,
  'concurrently-in-transaction': concurrentlyInTransaction,
  'constraint-index-build': constraintIndexBuild,
  'enum-value-used-too-early': enumValueUsedTooEarly,
  'exclusive-maintenance': exclusiveMaintenance,
  'foreign-key-scan': foreignKeyScan,
  'missing-lock-timeout': missingLockTimeout,
  'old-release-break': oldReleaseBreak,
  'parent-locked-by-drop': parentLockedByDrop,
  'partition-parent-lock': partitionParentLock,
  'set-not-null-scan': setNotNullScan,
  'type-change-rewrite': typeChangeRewrite,
  'unbatched-write': unbatchedWrite,
  'work-behind-lock': workBehindLock,
} satisfies Record<string, Hazard>

export const hazardIds: ReadonlySet<string> = new Set(Object.keys(hazards))
