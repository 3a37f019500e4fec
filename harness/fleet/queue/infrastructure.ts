import { exitCodes } from '../../rehearsal.ts'
import type { FleetResult } from '../fleet.ts'

/**
 * Problems, by their code in `problem-codes.ts`, of the machine or engine that a rehearsal ran on, or of the way to its
 * backup: another worker may get further. What is wrong with a backup, the migrations, the plan or the rehearsal's
 * own judgement is the same everywhere, and is not among them.
 */
export const infrastructureCodes: ReadonlySet<string> = new Set([
  'interrupted',
  // The engine, and the way to it.
  'no-engine',
  'docker-unavailable',
  'docker-address',
  'docker-context-unknown',
  'docker-certificates',
  'docker-ssh',
  'engine-lost',
  'docker-image-missing',
  'docker-start-failed',
  'docker-exec-lost',
  'embedded-unavailable',
  'embedded-copy',
  'embedded-initdb',
  'embedded-start',
  'embedded-ended',
  'external-unavailable',
  'server-gone',
  'server-lost',
  'storage-hook-failed',
  'freeze-failed',
  'clone-failed',
  // The machine.
  'disk-full',
  'disk-too-small',
  'out-of-memory',
  'out-of-resources',
  'scratch-not-ours',
  'probes-failed',
  'client-tool-missing',
  'no-pg-restore',
  'no-psql',
  'no-decompressor',
  'no-pg-dump',
  'no-pgbackrest',
  'locale-missing',
  'backup-not-unpacked',
  // The way to the backup.
  's3-unreachable',
  'source-unreachable',
])

/**
 * Why a result says nothing of the database, so that it is to be rehearsed again; undefined for a final one. A database
 * that passed did; anything else may come of an engine that does not answer any more.
 */
export function retryReason(
  { verdict, findings, rehearsal, exitCode, summary, durationMs }: FleetResult,
  { engineAnswers, timeoutMs }: { readonly engineAnswers: boolean; readonly timeoutMs: number | null },
): string | undefined {
  if (verdict === 'passed') return undefined
  if (!engineAnswers) return `The engine does not answer any more. ${summary}`
  // An error that was found stays one, whatever came after it.
  if (verdict === 'failed') return undefined
  const problem = findings.find(
    ({ id, severity }) => severity === 'unverified' && infrastructureCodes.has(id),
  )
  if (problem !== undefined) return problem.message
  const wasEnded = timeoutMs !== null && durationMs >= timeoutMs
  // Its process was killed, by the kernel that ran out of memory perhaps, or broke down; 2 is what it ends with in order.
  return rehearsal === null && exitCode !== exitCodes[verdict] && !wasEnded ? summary : undefined
}
