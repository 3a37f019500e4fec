import { createHash } from 'node:crypto'
import { z } from 'zod'
import { HarnessError, messageOf } from '../errors.ts'
import type { Members } from './backup-format.ts'

/** The file that `rehearse backup` puts beside `toc.dat`. */
export const manifestFile = 'manifest.json'

const text = z.string()
const whole = z.int().nonnegative()

/** What `rehearse backup` writes down about a backup; `docs/backup-manifest.schema.json` is made from it. */
export const manifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.literal('pg-rehearsal backup'),
  tool: z.strictObject({ name: z.literal('pg-rehearsal'), version: text }),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** `from`: `PATH`, or the image whose pg_dump it was. */
  pgDump: z.strictObject({ version: text, from: text }),
  server: z.strictObject({
    version: text,
    /** Null when the role may not read it. */
    systemIdentifier: text.nullable(),
    isReplica: z.boolean(),
    /** Of the moment before the snapshot was taken; null when it may not be read. */
    walPosition: text.nullable(),
  }),
  database: z.strictObject({
    name: text,
    encoding: text,
    localeProvider: z.enum(['libc', 'icu', 'builtin']),
    collate: text,
    ctype: text,
    /** Of the providers icu and builtin. */
    locale: text.nullable(),
    timeZone: text,
    bytes: whole,
  }),
  /** Rows are those of the dump's own snapshot; null when they were not counted. */
  tables: z.array(z.strictObject({ schema: text, name: text, rows: whole.nullable() })),
  /** Statements that make every role of the server, without passwords, as pg_dumpall writes them. */
  roles: z.array(text),
  extensions: z.array(z.strictObject({ name: text, version: text, schema: text })),
  /** Of the server, where they differ from the default; without file names, commands and connections. */
  settings: z.array(z.strictObject({ name: text, value: text })),
  /** Every other file of the backup. */
  files: z.array(z.strictObject({ name: text, bytes: whole, sha256: text.regex(/^[0-9a-f]{64}$/) })),
})

export type Manifest = z.infer<typeof manifestSchema>

/** The JSON Schema (draft 2020-12) of `manifest.json`. */
export function manifestJsonSchema(): object {
  return { title: 'pg-rehearsal backup manifest', ...z.toJSONSchema(manifestSchema) }
}

/**
 * The manifest of a backup that `rehearse backup` took; null for every other. Throws HarnessError when it is damaged,
 * or when a file that it names is missing or has another size.
 */
export async function readManifest(members: Members): Promise<Manifest | null> {
  if (members.kind === 'stream' || !members.sizes.has(manifestFile)) return null
  const manifest = parse(await contentOf(members))
  for (const { name, bytes } of manifest?.files ?? []) {
    const found = members.sizes.get(name)
    if (found === undefined) throw damaged('backup-incomplete', `The backup lacks its file ${name}`)
    if (found !== bytes) {
      const words = `The file ${name} of the backup has ${found} bytes, and had ${bytes} when it was taken`
      throw damaged(found < bytes ? 'backup-truncated' : 'backup-corrupt', words)
    }
  }
  return manifest
}

/** Compares the checksum of every file. Throws HarnessError `backup-corrupt` that names the first that differs. */
export async function checkSums(members: Members, manifest: Manifest): Promise<void> {
  for (const { name, sha256 } of manifest.files) {
    const hash = createHash('sha256')
    for await (const chunk of members.open(name)) hash.update(chunk)
    if (hash.digest('hex') === sha256) continue
    throw damaged(
      'backup-corrupt',
      `The file ${name} of the backup is not as it was taken: its SHA-256 differs`,
    )
  }
}

async function contentOf(members: Members): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of members.open(manifestFile)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

/** Other tools write a `manifest.json` as well. */
function parse(content: string): Manifest | null {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    throw damaged('backup-corrupt', `The file ${manifestFile} of the backup is no JSON (${messageOf(error)})`)
  }
  if (!isOurs(value)) return null
  const parsed = manifestSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw damaged(
    'backup-corrupt',
    `The file ${manifestFile} of the backup is damaged: ${z.prettifyError(parsed.error)}`,
  )
}

function isOurs(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'pg-rehearsal backup'
  )
}

function damaged(code: string, message: string): HarnessError {
  return new HarnessError(code, `${message}.`, {
    hint: 'Copy the whole directory again and compare it with the original; take a new backup if that is damaged too.',
  })
}
