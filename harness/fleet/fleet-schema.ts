import { z } from 'zod'
import { configSchema, duration, parseDuration } from '../config-schema.ts'

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')

/** Variables of a rehearsal, with the names of the variables that hold their values. */
const environment = z.record(variable, variable).optional()

const settings = configSchema.omit({ reports: true }).extend({ environment })

/** Names of folders, one for each database, also where a file system knows no upper case. */
const databaseName = z
  .string()
  .max(100, 'expected a name of 100 characters at most')
  .regex(
    /^[\p{L}\p{N}]([\p{L}\p{N}._-]*[\p{L}\p{N}_-])?$/u,
    'expected a name fit for a folder: letters, digits, dots, hyphens and underscores',
  )
  .refine((name) => !/^fleet\./i.test(name), 'expected a name that is none of the fleet’s own reports')

/** One database of `databases`, and what a row of `list` comes to. */
export const databaseSchema = settings.extend({
  // Tenants may have numbers for names.
  name: z.preprocess((name) => (typeof name === 'number' ? String(name) : name), databaseName),
  priority: z.coerce.number('expected a number').pipe(z.int('expected a whole number')).optional(),
})

const listSchema = z
  .strictObject({
    command: z.string().min(1).optional(),
    query: z.string().min(1).optional(),
    urlVariable: variable.optional(),
    each: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(
    ({ command, query }) => (command === undefined) !== (query === undefined),
    'expected either `command` or `query`',
  )
  .refine(
    ({ query, urlVariable }) => (query === undefined) === (urlVariable === undefined),
    'expected `urlVariable`, the variable with the URL of the server to ask, with `query` and only with it',
  )

const queueSchema = z.strictObject({
  urlVariable: variable.optional(),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,39}$/, 'expected a name of lower-case letters, digits and underscores')
    .optional(),
  heartbeat: duration.refine((text) => parseDuration(text) >= 10_000, 'expected 10s or longer').optional(),
  attempts: z.int().min(1).max(20).optional(),
  keepReports: duration
    .refine((text) => parseDuration(text) >= 86_400_000, 'expected 1d or longer')
    .optional(),
})

const scheduleSchema = z.union(
  [z.string(), z.strictObject({ cron: z.string(), tz: z.string().optional() })],
  "expected a cron expression such as '0 2 * * *', or `cron` and `tz`",
)

/** What a fleet file may hold. Unknown keys are errors, so that a misspelt one is not silently ignored. */
export const fleetFileSchema = z.strictObject({
  defaults: settings.optional(),
  databases: z.array(databaseSchema).optional(),
  list: listSchema.optional(),
  parallel: z.int().min(1).max(256).optional(),
  canary: z
    .union([z.int().min(1), z.array(z.string()).min(1)], 'expected a number of databases, or a list of names')
    .optional(),
  timeout: duration.optional(),
  outliers: z.number().gt(1).optional(),
  queue: queueSchema.optional(),
  schedule: scheduleSchema.optional(),
})

export type FleetFile = z.infer<typeof fleetFileSchema>

export type FleetList = z.infer<typeof listSchema>

export type DatabaseEntry = z.infer<typeof databaseSchema>
