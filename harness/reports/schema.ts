import { z } from 'zod'
import { questionNames, stageNames, type Rehearsal } from '../rehearsal.ts'

const text = z.string()
const number = z.number().nonnegative()
const whole = z.int().nonnegative()
const list = <Item extends z.ZodType>(item: Item) => z.array(item)
const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape)
const direction = z.enum(['up', 'down'])

const evidence = object({
  migration: text.exactOptional(),
  direction: direction.exactOptional(),
  statement: object({ text, position: z.int().positive().exactOptional() }).exactOptional(),
  details: list(text).exactOptional(),
})

/** A finding as every JSON document of the tool has it. */
export const finding = object({
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
  serverVersion: text.nullable(),
  dumpVersion: text.nullable(),
  database: text.nullable(),
})

const specPass = object({
  phase: z.enum(['migrated', 'rolled-back']),
  passed: whole,
  failed: whole,
  pending: whole,
  durationMs: number,
  failures: list(object({ title: text, message: text })),
})

const statement = object({
  migration: text,
  direction,
  text,
  durationMs: number,
  timing: z.enum(['exact', 'observed']),
  locks: list(object({ relation: text, mode: text, heldMs: number.nullable() })),
  rewrites: list(text),
  scans: list(object({ relation: text, rows: whole })),
  walBytes: whole,
})

/** What the JSON report looks like; `docs/rehearsal.schema.json` is made from it. */
export const rehearsalSchema = object({
  schemaVersion: z.literal(1),
  tool: object({ name: z.literal('pg-rehearsal'), version: text }),
  id: text,
  startedAt: z.iso.datetime(),
  durationMs: number,
  verdict: z.enum(['passed', 'failed', 'could-not-verify']),
  summary: text,
  questions: list(z.enum(questionNames)),
  engine: object({ name: text, reason: text, serverVersion: text, image: text.nullable() }).nullable(),
  backup: backup.nullable(),
  pending: list(text).nullable(),
  migrationFiles: list(object({ name: text, path: text })),
  migrations: list(
    object({
      name: text,
      direction,
      status: z.enum(['success', 'error', 'undone', 'not-executed']),
      durationMs: number,
      statements: whole,
    }),
  ),
  statements: list(statement),
  tables: list(object({ name: text, rows: whole, bytes: whole })),
  specs: list(specPass),
  stages: list(
    object({
      name: z.enum(stageNames),
      status: z.enum(['completed', 'halted', 'crashed', 'skipped']),
      durationMs: number,
      summary: text,
    }),
  ),
  findings: list(finding),
  limits: list(text),
}) satisfies z.ZodType<Rehearsal>

/** The JSON Schema (draft 2020-12) of the JSON report. */
export function rehearsalJsonSchema(): object {
  return { title: 'pg-rehearsal rehearsal', ...z.toJSONSchema(rehearsalSchema) }
}
