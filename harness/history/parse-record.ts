import { z } from 'zod'
import type { RehearsalRecord } from '../record.ts'
import { specPhases } from '../rehearsal.ts'

const text = z.string()
const ms = z.number().nonnegative()
const whole = z.int().nonnegative()

/** Keys that are not known are dropped, so that a later version's record is still read for what it shares. */
const recordSchema: z.ZodType<RehearsalRecord> = z.object({
  recordVersion: z.literal(1),
  project: text,
  id: text,
  startedAt: z.iso.datetime(),
  durationMs: ms,
  verdict: z.enum(['passed', 'failed', 'could-not-verify']),
  summary: text,
  pending: z.array(text).nullable(),
  toolVersion: text,
  engine: z.object({ name: text, serverVersion: text }).nullable(),
  backup: z.object({ path: text, sha256: text, bytes: whole, madeAt: z.iso.datetime() }).nullable(),
  backupAgeMs: ms.nullable(),
  restoreMs: ms.nullable(),
  growthBytes: z.int().nullable(),
  migrations: z.array(
    z.object({
      name: text,
      direction: z.enum(['up', 'down']),
      status: z.enum(['success', 'error', 'undone', 'not-executed']),
      durationMs: ms,
      stallMs: ms.nullable(),
      walBytes: whole.nullable(),
    }),
  ),
  specs: z.array(
    z.object({
      phase: z.enum(specPhases),
      passed: whole,
      failed: whole,
      pending: whole,
      durationMs: ms,
    }),
  ),
  findings: z.array(
    z.object({
      id: text,
      severity: z.enum(['error', 'unverified', 'warning', 'notice']),
      subject: text,
      message: text,
    }),
  ),
})

/** The record that a history holds, or what is wrong with it in a few words. */
export function parseRecord(value: unknown): RehearsalRecord | { readonly problem: string } {
  const parsed = recordSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  return { problem: `${issue?.path.join('.') || 'the record'}: ${issue?.message ?? 'is not whole'}` }
}
