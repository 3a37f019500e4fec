import { z } from 'zod'

const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const duration = z.string().refine(isDuration, 'expected a time such as 500ms, 30s, 10m or 1h')

/** What a config file may hold. Unknown keys are errors, so that a misspelt one is not silently ignored. */
export const configSchema = z.strictObject({
  backup: z.string().optional(),
  source: z.string().optional(),
  database: z.string().optional(),
  maxAge: duration.optional(),
  engine: z.string().optional(),
  postgres: z.number().int().optional(),
  image: z.string().optional(),
  serverUrl: z.string().optional(),
  migrations: z
    .union([
      z.string(),
      z.strictObject({
        path: z.string(),
        export: z.string().optional(),
        tableName: z.string().optional(),
        tableSchema: z.string().optional(),
        allowUnordered: z.boolean().optional(),
      }),
    ])
    .optional(),
  migrate: z.strictObject({ stallTimeout: duration.optional() }).optional(),
  hazards: z
    .strictObject({
      errorStall: duration.optional(),
      warningStall: duration.optional(),
      waivers: z
        .array(
          z.strictObject({
            id: z.string(),
            subject: z.string().optional(),
            reason: z.string().min(1),
            expires: z.iso.date(),
          }),
        )
        .optional(),
    })
    .optional(),
  ask: z.array(z.string()).optional(),
  allowedDataChanges: z.array(z.string()).optional(),
  specs: z.union([z.string(), z.array(z.string())]).optional(),
  specTimeout: duration.optional(),
  mochaArguments: z.array(z.string()).optional(),
  app: z
    .strictObject({ command: z.string(), readyUrl: z.string().optional(), readyTimeout: duration.optional() })
    .optional(),
  reports: z.record(z.string(), z.string()).optional(),
  amcheck: z.boolean().optional(),
  keep: z.boolean().optional(),
})

/** The default export of `rehearsal.config.ts`. */
export type Config = z.infer<typeof configSchema>

/** Milliseconds of `500ms`, `30s`, `10m`, `1h` or `2d`; throws on anything else. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim())
  const unit = match?.[2] as keyof typeof durationUnits | undefined
  if (match?.[1] === undefined || unit === undefined) {
    throw new Error(`${JSON.stringify(text)} is not a time such as 500ms, 30s, 10m or 1h`)
  }
  return Number(match[1]) * durationUnits[unit]
}

function isDuration(text: string): boolean {
  try {
    parseDuration(text)
    return true
  } catch {
    return false
  }
}
