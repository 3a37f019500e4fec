import { z } from 'zod'
import { questionNames, specPhases, stageNames, type Rehearsal } from '../rehearsal.ts'
import { probes } from './schema-probes.ts'
import { direction, list, number, object, text, verdict, whole } from './schema-words.ts'

const evidence = object({
  migration: text.exactOptional(),
  direction: direction.exactOptional(),
  statement: object({ text, position: z.int().positive().exactOptional() }).exactOptional(),
  details: list(text).exactOptional(),
})

/** As every JSON document of the tool has it. */
const finding = object({
  id: text.regex(/^[a-z][a-z0-9-]*$/),
  severity: z.enum(['error', 'unverified', 'warning', 'notice']),
  subject: text,
  message: text,
  remedy: text.exactOptional(),
  evidence: evidence.exactOptional(),
})

/** The backup that was restored. */
export const backup = object({
  path: text,
  format: text,
  compression: text,
  bytes: whole,
  sha256: text.regex(/^[0-9a-f]{64}$/),
  madeAt: z.iso.datetime(),
  serverVersion: text.nullable(),
  dumpVersion: text.nullable(),
  database: text.nullable(),
  formatVersion: text.nullable().exactOptional(),
  encoding: text.nullable().exactOptional(),
  locale: text.nullable().exactOptional(),
  systemIdentifier: text.nullable().exactOptional(),
})

const tablesCompared = object({ read: whole, untouched: whole })

const specPass = object({
  phase: z.enum(specPhases),
  passed: whole,
  failed: whole,
  pending: whole,
  durationMs: number,
  failures: list(object({ title: text, message: text })),
  passes: list(object({ title: text, durationMs: number })),
})

const statement = object({
  migration: text,
  direction,
  text,
  startedMs: number.exactOptional(),
  durationMs: number,
  timing: z.enum(['exact', 'observed']),
  locks: list(object({ relation: text, mode: text, heldMs: number.nullable() })),
  rewrites: list(text),
  scans: list(object({ relation: text, rows: whole })),
  walBytes: whole,
  growth: list(
    object({
      relation: text,
      tableBytes: z.int(),
      indexBytes: z.int(),
      toastBytes: z.int(),
      deadRows: whole,
    }),
  ).exactOptional(),
  tempBytes: whole.exactOptional(),
  lockWaitMs: number.exactOptional(),
})

const interval = object({ low: number, high: number })

const estimate = object({
  migration: text,
  direction,
  durationMs: interval,
  exclusiveMs: interval.nullable(),
  exclusiveOn: text.nullable(),
  replicaLagMs: interval.nullable(),
  restsOn: list(text),
})

const crash = object({
  migration: text.nullable(),
  statement: whole,
  text,
  fault: z.enum(['connection-cut', 'reply-lost', 'error', 'timeout', 'server-killed']),
  inTransaction: z.boolean(),
  left: z.enum(['nothing', 'everything', 'part']),
  debris: list(text),
  again: z.enum(['as-rehearsed', 'succeeded', 'failed', 'differs']),
  rollback: z.enum(['as-rehearsed', 'succeeded', 'failed', 'differs', 'not-tried']),
  details: list(text),
  durationMs: number,
})

const trends = object({
  startedAt: list(z.iso.datetime()),
  verdicts: list(verdict),
  series: list(
    object({
      kind: z.enum(['restore', 'stall', 'wal', 'growth', 'specs', 'migration']),
      name: text,
      unit: z.enum(['ms', 'bytes']),
      values: list(z.number().nullable()),
    }),
  ),
})

const staircaseStep = object({
  migration: text,
  verdict: z.enum(['faithful', 'unfaithful', 'failed', 'missing-down', 'not-reached']),
  upMs: number.nullable(),
  downMs: number.nullable(),
  upAgainMs: number.nullable(),
  differences: list(text),
})

const newWrites = object({
  tables: list(object({ name: text, rowsBefore: whole, rowsWritten: whole, rowsLeft: whole.nullable() })),
  rolledBack: specPass.nullable(),
})

const recovery = object({ restoreMs: number, backupBytes: whole, backupAgeMs: number.nullable() })

/** What the JSON report looks like; `docs/rehearsal.schema.json` is made from it. */
export const rehearsalSchema = object({
  schemaVersion: z.literal(1),
  tool: object({ name: z.literal('pg-rehearsal'), version: text }),
  id: text,
  startedAt: z.iso.datetime(),
  durationMs: number,
  verdict,
  summary: text,
  questions: list(z.enum(questionNames)),
  engine: object({ name: text, reason: text, serverVersion: text, image: text.nullable() }).nullable(),
  backup: backup.nullable(),
  pending: list(text).nullable(),
  migrationFiles: list(object({ name: text, path: text })),
  migrationSources: list(object({ path: text, sha256: text })),
  waivers: list(object({ id: text, subject: text.nullable(), reason: text, expires: z.iso.date() })),
  migrations: list(
    object({
      name: text,
      direction,
      status: z.enum(['success', 'error', 'undone', 'not-executed']),
      startedMs: number.exactOptional(),
      durationMs: number,
      statements: whole,
    }),
  ),
  statements: list(statement),
  crashes: list(crash),
  probes: probes.exactOptional(),
  tables: list(object({ name: text, rows: whole, bytes: whole })),
  dataCompared: object({
    baselineTakenAt: z.iso.datetime(),
    afterMigrating: tablesCompared.exactOptional(),
    afterRollback: tablesCompared.exactOptional(),
  }).exactOptional(),
  databaseSize: object({ restoredBytes: whole, migratedBytes: whole }).nullable(),
  masking: list(
    object({
      name: text,
      rows: whole,
      columns: list(object({ name: text, rule: text, because: text.exactOptional() })),
    }),
  ).exactOptional(),
  specs: list(specPass),
  staircase: list(staircaseStep).exactOptional(),
  newWrites: newWrites.exactOptional(),
  recovery: recovery.exactOptional(),
  stages: list(
    object({
      name: z.enum(stageNames),
      status: z.enum(['completed', 'halted', 'crashed', 'skipped']),
      startedMs: number.exactOptional(),
      durationMs: number,
      summary: text,
    }),
  ),
  findings: list(finding),
  estimates: list(estimate).exactOptional(),
  trends: trends.nullable(),
  limits: list(text),
}) satisfies z.ZodType<Rehearsal>

/** The JSON Schema (draft 2020-12) of the JSON report. */
export function rehearsalJsonSchema(): object {
  return { title: 'pg-rehearsal rehearsal', ...z.toJSONSchema(rehearsalSchema) }
}
