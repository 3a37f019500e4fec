import { z } from 'zod'
import { direction, list, number, object, text, whole } from './schema-words.ts'

const latencies = object({
  count: whole,
  p50Ms: number,
  p95Ms: number,
  p99Ms: number,
  maxMs: number,
}).nullable()
const during = { migration: text.nullable(), direction: direction.nullable() }
const clientErrors = list(object({ code: text, count: whole, message: text, firstMs: number, ...during }))
const probeSeries = object({
  sql: text,
  probes: whole,
  thresholdMs: number,
  quiet: latencies,
  during: latencies,
  after: latencies,
  longestStallMs: number,
  totalStallMs: number,
  stallCount: whole,
  stalls: list(object({ startMs: number, durationMs: number, statement: text.nullable(), ...during })),
  errors: clientErrors,
})

/** What clients felt. */
export const probes = object({
  intervalMs: number,
  durationMs: number,
  runs: list(object({ direction, startMs: number, endMs: number, heldMs: number.nullable() })),
  ownLagMs: number,
  tables: list(
    object({
      name: text,
      why: z.enum(['locked', 'large']),
      reads: probeSeries,
      writes: probeSeries.nullable(),
    }),
  ),
  notProbed: list(object({ table: text, reason: text })),
  queues: list(
    object({
      relation: text,
      mode: text,
      statement: text,
      startMs: number,
      waitedMs: number,
      behind: text,
      queued: whole,
      queuedMs: number,
      ...during,
    }),
  ),
  traffic: list(
    object({
      name: text,
      before: latencies,
      during: latencies,
      after: latencies,
      unsent: whole,
      errors: clientErrors,
    }),
  ),
})
