import { styleText } from 'node:util'
import { z } from 'zod'
import { verificationStages, type BackupVerification } from '../verification.ts'
import { backup, finding } from './schema.ts'
import { findingLines, verdictStyles } from './terminal.ts'
import { bySeverity, bytes, count, verdictTitles } from './text.ts'

const text = z.string()
const number = z.number().nonnegative()
const whole = z.int().nonnegative()
const { strictObject: object, array: list } = z

/** What the JSON document of `rehearse verify-backup` looks like. */
export const verificationSchema = object({
  schemaVersion: z.literal(1),
  kind: z.literal('backup-verification'),
  tool: object({ name: z.literal('pg-rehearsal'), version: text }),
  id: text,
  startedAt: z.iso.datetime(),
  durationMs: number,
  verdict: z.enum(['passed', 'failed', 'could-not-verify']),
  summary: text,
  engine: object({ name: text, reason: text, serverVersion: text, image: text.nullable() }).nullable(),
  backup: backup.extend({ createdAt: text.nullable(), hasManifest: z.boolean() }).nullable(),
  tables: list(object({ name: text, rows: whole, bytes: whole })),
  stages: list(
    object({
      name: z.enum(verificationStages),
      status: z.enum(['completed', 'halted', 'crashed', 'skipped']),
      durationMs: number,
      summary: text,
    }),
  ),
  findings: list(finding),
  limits: list(text),
})

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
