import { z } from 'zod'
import { HarnessError, messageOf } from '../errors.ts'
import { list, number, object, text, verdict, whole } from '../reports/schema-words.ts'
import { fleetVerdict, type FleetDocument } from './document.ts'

const severity = z.enum(['error', 'unverified', 'warning', 'notice'])
const instant = z.iso.datetime()

/** What became of one database. */
export const fleetResultSchema = object({
  name: text,
  verdict,
  summary: text,
  exitCode: z.int().nullable(),
  rehearsal: text.nullable(),
  startedAt: instant.nullable(),
  durationMs: number,
  attempts: whole,
  where: text.nullable(),
  findings: list(object({ id: text, severity, subject: text, message: text, migration: text.nullable() })),
  migrations: list(object({ name: text, durationMs: number })),
  reports: object({
    html: text.exactOptional(),
    json: text.exactOptional(),
    junit: text.exactOptional(),
  }),
  problem: text.exactOptional(),
  notRun: z.enum(['canary-failed', 'interrupted', 'missing']).exactOptional(),
})

/** What the document over a fleet looks like; `docs/fleet.schema.json` is made from it. */
export const fleetDocumentSchema = object({
  schemaVersion: z.literal(1),
  kind: z.literal('fleet'),
  tool: object({ name: z.literal('pg-rehearsal'), version: text }),
  startedAt: instant,
  durationMs: number,
  verdict,
  summary: text,
  databases: list(text),
  share: list(text),
  shard: object({ index: z.int().positive(), total: z.int().positive() }).nullable(),
  outlierFactor: number,
  results: list(fleetResultSchema),
  repeats: list(
    object({
      name: text,
      results: list(object({ verdict, where: text.nullable(), startedAt: instant.nullable() })),
    }),
  ),
  outliers: list(
    object({
      name: text,
      migration: text.nullable(),
      durationMs: number,
      medianMs: number,
      measured: whole,
    }),
  ),
  findings: list(
    object({ id: text, severity, migration: text.nullable(), databases: list(text), message: text }),
  ),
}) satisfies z.ZodType<FleetDocument>

/** The JSON Schema (draft 2020-12) of that document. */
export function fleetJsonSchema(): object {
  return { title: 'pg-rehearsal fleet', ...z.toJSONSchema(fleetDocumentSchema) }
}

/** The document that `text` holds. Throws HarnessError `fleet-report-damaged` when that is none, or contradicts itself. */
export function parseFleetDocument(text: string, path: string): FleetDocument {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw damaged(path, messageOf(error))
  }
  const parsed = fleetDocumentSchema.safeParse(document)
  if (!parsed.success) throw damaged(path, z.prettifyError(parsed.error).split('\n').slice(0, 3).join(' '))
  const comesTo = fleetVerdict(parsed.data.share, parsed.data.results)
  if (comesTo === parsed.data.verdict) return parsed.data
  throw damaged(path, `it says ${parsed.data.verdict}, but its results come to ${comesTo}`)
}

function damaged(path: string, why: string): HarnessError {
  return new HarnessError('fleet-report-damaged', `${path} is no whole report over a fleet: ${why}.`, {
    hint: 'Give what `rehearse fleet run` wrote, of this version of pg-rehearsal and unchanged.',
  })
}
