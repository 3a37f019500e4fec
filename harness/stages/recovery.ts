import type { Recovery, StageResult } from '../rehearsal.ts'
import { backupAgeMs } from './backup-age.ts'
import type { Prepared } from './preflight.ts'

/** How long it took here to get everything back from the backup, and how much newer production is by now. */
export async function recoveryOf(
  { file, facts }: Pick<Prepared, 'file' | 'facts'>,
  stages: readonly StageResult[],
): Promise<Recovery> {
  const restoreMs = stages.find(({ name }) => name === 'restore')?.durationMs ?? 0
  const ageMs = await backupAgeMs(file, facts.createdAt)
  return { restoreMs, backupBytes: file.bytes, backupAgeMs: ageMs < 0 ? null : Math.round(ageMs) }
}
