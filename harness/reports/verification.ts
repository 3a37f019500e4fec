import { styleText } from 'node:util'
import { z } from 'zod'
import { verificationStages, type BackupVerification } from '../verification.ts'
import { backup, rehearsalSchema } from './schema.ts'
import { findingLines, verdictStyles } from './terminal.ts'
import { bySeverity, bytes, count, verdictTitles } from './text.ts'

const { shape } = rehearsalSchema

/** What the JSON document of `rehearse verify-backup` looks like. */
export const verificationSchema = z.strictObject({
  schemaVersion: shape.schemaVersion,
  kind: z.literal('backup-verification'),
  tool: shape.tool,
  id: shape.id,
  startedAt: shape.startedAt,
  durationMs: shape.durationMs,
  verdict: shape.verdict,
  summary: shape.summary,
  engine: shape.engine,
  backup: backup.extend({ createdAt: z.string().nullable(), hasManifest: z.boolean() }).nullable(),
  tables: shape.tables,
  stages: z.array(shape.stages.element.extend({ name: z.enum(verificationStages) })),
  findings: shape.findings,
  limits: shape.limits,
}) satisfies z.ZodType<BackupVerification>

/** The JSON Schema (draft 2020-12) of that document. */
export function verificationJsonSchema(): object {
  return { title: 'pg-rehearsal backup verification', ...z.toJSONSchema(verificationSchema) }
}

/** A verification for people. */
export function renderVerification(verification: BackupVerification): string {
  const { findings, backup: file, engine, tables, limits, verdict, summary } = verification
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const facts = [
    ...(file === null
      ? []
      : [
          `backup ${file.path} (${file.format}, ${bytes(file.bytes)}, Postgres ${file.serverVersion ?? 'unknown'}${file.createdAt === null ? '' : `, of ${file.createdAt}`})`,
        ]),
    ...(tables.length === 0 ? [] : [`restored ${count(tables.length, 'table')}, ${count(rows, 'row')}`]),
    ...(engine === null ? [] : [`engine ${engine.name}, Postgres ${engine.serverVersion}: ${engine.reason}`]),
    ...limits.map((limit) => `limit: ${limit}`),
  ]
  return [
    ...(findings.length === 0 ? [] : ['', ...bySeverity(findings).flatMap(findingLines)]),
    '',
    ...facts.map((line) => styleText('dim', `  ${line}`)),
    '',
    `${styleText(verdictStyles[verdict], verdictTitles[verdict])}  ${summary}`,
    '',
  ].join('\n')
}
