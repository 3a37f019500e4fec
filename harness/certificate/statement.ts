import { createHash } from 'node:crypto'
import { z } from 'zod'
import { HarnessError } from '../errors.ts'
import type { Rehearsal } from '../rehearsal.ts'

/** An in-toto statement about a passed rehearsal: https://github.com/in-toto/attestation/tree/main/spec/v1 */
export type Certificate = z.infer<typeof certificateSchema>

const predicateType = 'https://github.com/pg-rehearsal/pg-rehearsal/certificate/v1'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const certificateSchema = z.strictObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  /** The files that make up the migrations. */
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256 }) })).min(1),
  predicateType: z.literal(predicateType),
  predicate: z.strictObject({
    verdict: z.literal('passed'),
    summary: z.string(),
    rehearsal: z.string(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    tool: z.strictObject({ name: z.string(), version: z.string() }),
    questions: z.array(z.string()),
    /** Migrations that were rehearsed, in order. */
    pending: z.array(z.string()),
    /** Tables of which a sample of the rows was compared, where that was asked for. */
    sampled: z.array(z.string()).default([]),
    backup: z.strictObject({
      name: z.string(),
      sha256,
      madeAt: z.iso.datetime(),
      serverVersion: z.string().nullable(),
    }),
    engine: z.strictObject({ name: z.string(), serverVersion: z.string(), image: z.string().nullable() }),
    /** Of the JSON report. */
    report: z.strictObject({ sha256 }),
    waivers: z.array(
      z.strictObject({
        id: z.string(),
        subject: z.string().nullable(),
        reason: z.string(),
        expires: z.iso.date(),
      }),
    ),
  }),
})

/** The certificate of a rehearsal, and the JSON report that it names; undefined when it did not pass. */
export function certificateOf(rehearsal: Rehearsal, jsonReport: string): Certificate | undefined {
  const { verdict, backup, engine, pending, migrationSources } = rehearsal
  if (verdict !== 'passed' || backup === null || engine === null || pending === null) return undefined
  const started = new Date(rehearsal.startedAt)
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: migrationSources.map(({ path, sha256: digest }) => ({ name: path, digest: { sha256: digest } })),
    predicateType,
    predicate: {
      verdict,
      summary: rehearsal.summary,
      rehearsal: rehearsal.id,
      startedAt: rehearsal.startedAt,
      finishedAt: new Date(started.getTime() + rehearsal.durationMs).toISOString(),
      tool: { ...rehearsal.tool },
      questions: [...rehearsal.questions],
      pending: [...pending],
      sampled: rehearsal.findings.flatMap(({ id, subject }) => (id === 'rows-sampled' ? [subject] : [])),
      backup: {
        name: backup.path,
        sha256: backup.sha256,
        madeAt: backup.madeAt,
        serverVersion: backup.serverVersion,
      },
      engine: { name: engine.name, serverVersion: engine.serverVersion, image: engine.image },
      report: { sha256: createHash('sha256').update(jsonReport).digest('hex') },
      waivers: rehearsal.waivers.map((waiver) => ({ ...waiver })),
    },
  }
}

/** The certificate in an envelope's content; throws HarnessError `certificate-not-read` when it is none. */
export function parseCertificate(content: string, path: string): Certificate {
  try {
    return certificateSchema.parse(JSON.parse(content))
  } catch (cause) {
    throw new HarnessError('certificate-not-read', `${path} does not certify a passed rehearsal.`, {
      hint: 'Give the file that `rehearse run --certificate PATH` of this version wrote.',
      cause,
    })
  }
}
