import { createHash, randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { TableFingerprint } from '../catalog/fingerprint.ts'
import type { Frozen } from '../engines/engine.ts'
import { stateDirectory } from './state-directory.ts'

/** A stored snapshot, and no other that was made under the same key. */
export interface SnapshotIdentity {
  readonly key: string
  readonly frozen: Pick<Frozen, 'place' | 'controlDigest'>
}

/** Row counts and digests of a snapshot's tables, as they were taken in the first clone of it that was looked at. */
export interface StoredDigests {
  /** What they depend on beside the rows; see `recipeOf`. */
  readonly recipe: string
  /** ISO 8601, UTC. */
  readonly takenAt: string
  readonly tables: readonly TableFingerprint[]
}

const whole = z.int().nonnegative()

const stored = z.object({
  place: z.string(),
  controlDigest: z.string(),
  recipe: z.string(),
  takenAt: z.iso.datetime(),
  tables: z.array(
    z.object({
      name: z.string(),
      oid: z.string(),
      kind: z.enum(['table', 'partitioned table', 'materialized view']),
      rows: whole,
      digest: z.string().regex(/^-?\d+$/),
      columns: z.array(z.object({ name: z.string(), attnum: whole, type: z.string() })),
      bytes: whole,
    }),
  ),
})

/** The digests that were taken of this very snapshot in this very way; undefined when there are none that are whole. */
export async function findDigests(
  { key, frozen }: SnapshotIdentity,
  recipe: string,
): Promise<StoredDigests | undefined> {
  try {
    const text = await readFile(await pathOf(key), 'utf8')
    const [checksum, body = ''] = text.split('\n', 2)
    if (checksum !== checksumOf(body)) return undefined
    const { place, controlDigest, ...digests } = stored.parse(JSON.parse(body))
    const isOfIt = place === frozen.place && controlDigest === frozen.controlDigest
    return isOfIt && digests.recipe === recipe ? digests : undefined
  } catch {
    return undefined
  }
}

/** Keeps them for later rehearsals; a state directory that cannot be written to keeps nothing. */
export async function saveDigests({ key, frozen }: SnapshotIdentity, digests: StoredDigests): Promise<void> {
  const { place, controlDigest } = frozen
  const body = JSON.stringify({ place, controlDigest, ...digests })
  try {
    const path = await pathOf(key)
    const making = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
    try {
      await writeFile(making, `${checksumOf(body)}\n${body}\n`, { mode: 0o600 })
      await rename(making, path)
    } finally {
      await rm(making, { force: true })
    }
  } catch {
    // The next rehearsal reads all rows again.
  }
}

/** Forgets the digests of a snapshot that is removed. */
export async function forgetDigests(key: string): Promise<void> {
  await pathOf(key)
    .then((path) => rm(path, { force: true }))
    .catch(() => {})
}

async function pathOf(key: string): Promise<string> {
  return join(await stateDirectory('digests'), `${key}.json`)
}

function checksumOf(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}
