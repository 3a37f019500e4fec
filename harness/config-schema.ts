import { z } from 'zod'
import { budgetNames } from './budgets/index.ts'
import { commandNames, roles } from './deployment/settings.ts'
import { tellingMoments } from './notify/message.ts'
import { webhookFormats, type WebhookFormatName } from './notify/index.ts'

const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const calibration = z.strictObject({
  scanRowsPerS: z.number().positive(),
  sortRowsPerS: z.number().positive(),
  walBytesPerS: z.number().positive().nullable(),
  commitMs: z.number().positive().nullable(),
})

/** A time as text. */
export const duration = z.string().refine(isDuration, 'expected a time such as 500ms, 30s, 10m or 1h')

const budget = z.strictObject({
  max: z.string().optional(),
  times: z.number().positive().optional(),
  of: z.literal('median').optional(),
  last: z.int().positive().max(100).optional(),
  atLeast: z.int().positive().optional(),
  slack: z.string().optional(),
  severity: z.enum(['error', 'warning', 'notice']).optional(),
})

const webhookFormatNames = Object.keys(webhookFormats) as [WebhookFormatName, ...WebhookFormatName[]]

const hoursOfDay = z.array(z.number().nonnegative()).length(24)
const weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])

const deployment = z.strictObject({
  timeZone: z.string().optional(),
  traffic: z.union([z.string(), z.record(weekday, hoursOfDay)]).optional(),
  days: z.array(weekday).min(1).optional(),
  hours: z.string().optional(),
  notice: duration.optional(),
  margin: z.number().min(1).optional(),
  commands: z.partialRecord(z.enum(commandNames), z.string()).optional(),
  people: z.partialRecord(z.enum(roles), z.string()).optional(),
})

/** What a config file may hold. Unknown keys are errors, so that a misspelt one is not silently ignored. */
export const configSchema = z.strictObject({
  backup: z.union([z.string(), z.strictObject({ command: z.string().min(1) })]).optional(),
  source: z.string().optional(),
  pgbackrest: z.strictObject({ config: z.string().optional(), directory: z.string().optional() }).optional(),
  targetTime: z.string().optional(),
  database: z.string().optional(),
  maxAge: duration.optional(),
  engine: z.string().optional(),
  postgres: z.number().int().optional(),
  image: z.string().optional(),
  serverUrl: z.string().optional(),
  postgresqlConf: z.string().optional(),
  snapshots: z.enum(['auto', 'off']).optional(),
  snapshotsMaxSize: z.string().optional(),
  sampleAbove: z.string().optional(),
  storageHook: z.string().optional(),
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
  migrate: z
    .strictObject({
      stallTimeout: duration.optional(),
      command: z.string().min(1).optional(),
      rollbackCommand: z.string().min(1).optional(),
    })
    .optional(),
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
  certificate: z
    .strictObject({
      path: z.string().optional(),
      keys: z.record(z.string(), z.string()).optional(),
      approvals: z.array(z.string()).optional(),
      questions: z.array(z.string()).optional(),
      maxAge: duration.optional(),
    })
    .optional(),
  parallel: z.int().positive().optional(),
  crashLimit: z.int().positive().optional(),
  history: z
    .union([
      z.string(),
      z.strictObject({
        path: z.string().optional(),
        project: z.string().min(1).optional(),
        keep: z.int().positive().optional(),
        maxAge: duration.optional(),
      }),
    ])
    .optional(),
  notify: z
    .strictObject({
      format: z.enum(webhookFormatNames).optional(),
      on: z.enum(tellingMoments).optional(),
      link: z.string().optional(),
    })
    .optional(),
  budgets: z.partialRecord(z.enum(budgetNames), budget).optional(),
  deployment: deployment.optional(),
  ask: z.array(z.string()).optional(),
  production: z
    .strictObject({
      tableSizes: z
        .record(
          z.string(),
          z.strictObject({ rows: z.number().nonnegative(), bytes: z.number().nonnegative() }),
        )
        .refine(
          (sizes) => Object.keys(sizes).every((name) => /^[^.]+\.[^.]+$/.test(name)),
          'expected schema.table',
        )
        .optional(),
      hardwareFactor: z.number().positive().optional(),
      replicaBandwidth: z.number().positive().optional(),
      calibration: z.strictObject({ here: calibration, production: calibration }).optional(),
    })
    .optional(),
  hold: duration.optional(),
  traffic: z
    .strictObject({
      statements: z
        .array(
          z.strictObject({
            name: z.string().min(1),
            sql: z.string().min(1),
            weight: z.number().positive().optional(),
          }),
        )
        .optional(),
      scripts: z.array(z.string()).optional(),
      replay: z.string().optional(),
      rate: z.number().positive().max(1_000).optional(),
      clients: z.int().min(1).max(16).optional(),
    })
    .optional(),
  allowedDataChanges: z.array(z.string()).optional(),
  masking: z
    .strictObject({
      rules: z
        .record(z.string(), z.union([z.string(), z.strictObject({ sql: z.string().min(1) })]))
        .optional(),
      requireMasking: z.boolean().optional(),
    })
    .optional(),
  specs: z.union([z.string(), z.array(z.string())]).optional(),
  specTimeout: duration.optional(),
  mochaArguments: z.array(z.string()).optional(),
  app: z
    .strictObject({
      command: z.string(),
      previousCommand: z.string().optional(),
      readyUrl: z.string().optional(),
      readyTimeout: duration.optional(),
    })
    .optional(),
  previousSpecs: z.union([z.string(), z.array(z.string())]).optional(),
  deployOrder: z.enum(['migrations-first', 'code-first']).optional(),
  readSpecs: z.union([z.string(), z.array(z.string())]).optional(),
  newWrites: z.string().optional(),
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

const byteUnits = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const

/** Bytes of `500kB`, `50MB` or `1.5GB`, in powers of 1,000; throws on anything else. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB|TB)$/.exec(text.trim())
  const unit = match?.[2] as keyof typeof byteUnits | undefined
  if (match?.[1] === undefined || unit === undefined) {
    throw new Error(`${JSON.stringify(text)} is not a size such as 500kB, 50MB or 1.5GB`)
  }
  return Number(match[1]) * byteUnits[unit]
}

function isDuration(text: string): boolean {
  try {
    parseDuration(text)
    return true
  } catch {
    return false
  }
}
