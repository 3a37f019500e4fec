import { HarnessError } from '../../errors.ts'
import { backupFolders, isReal } from '../../backups/members/layout.ts'
import type { S3Address } from './address.ts'
import type { S3 } from './client.ts'
import type { S3Object } from './object.ts'
import { s3Problem } from './problems.ts'

/** An object, or the objects of a folder that is one backup. */
export interface Candidate {
  readonly objects: readonly S3Object[]
  /** Of several: their folder, with a slash at its end. */
  readonly folder: string | undefined
  readonly modifiedAt: Date
}

/** What may be the backup that an address means, the newest first. Throws HarnessError. */
export async function findCandidates(
  s3: S3,
  { bucket, prefix, matches }: S3Address,
  signal: AbortSignal,
): Promise<Candidate[]> {
  const address = `s3://${bucket}/${prefix}`
  const listed = await list(s3, { bucket, prefix }, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    throw s3Problem(address, error)
  })
  const exact = listed.filter(({ key }) => key === prefix && matches(key))
  const found = exact.length > 0 ? exact.map(single) : group(listed).filter((it) => matches(nameOf(it)))
  if (found.length === 0) throw none(address, listed.length)
  return found.toSorted(
    (one, other) => Number(other.modifiedAt) - Number(one.modifiedAt) || byName(one, other),
  )
}

async function list(
  { sdk, client }: S3,
  { bucket, prefix }: { bucket: string; prefix: string },
  signal: AbortSignal,
): Promise<S3Object[]> {
  const pages = sdk.paginateListObjectsV2(
    { client },
    { Bucket: bucket, Prefix: prefix },
    { abortSignal: signal },
  )
  const objects: S3Object[] = []
  for await (const { Contents: contents = [] } of pages) {
    for (const { Key: key, Size: bytes = 0, ETag: etag, LastModified: modifiedAt } of contents) {
      if (key === undefined || etag === undefined || modifiedAt === undefined) continue
      // Consoles make one for a folder.
      if (key.endsWith('/') || !isReal(key)) continue
      objects.push({ bucket, key, bytes, etag, version: undefined, modifiedAt })
    }
  }
  return objects
}

function group(objects: readonly S3Object[]): Candidate[] {
  const folders = backupFolders(objects.map(({ key }) => key))
  const alone = objects.filter(({ key }) => !folders.some((folder) => key.startsWith(folder)))
  const together = folders.map((folder) => {
    const own = objects.filter(({ key }) => key.startsWith(folder))
    return { objects: own, folder, modifiedAt: new Date(Math.max(...own.map((it) => Number(it.modifiedAt)))) }
  })
  return [...alone.map(single), ...together]
}

function single(object: S3Object): Candidate {
  return { objects: [object], folder: undefined, modifiedAt: object.modifiedAt }
}

/** Of a folder without the slash, as a glob has it. */
function nameOf({ objects: [first], folder }: Candidate): string {
  return folder?.slice(0, -1) ?? first?.key ?? ''
}

function byName(one: Candidate, other: Candidate): number {
  return nameOf(one) < nameOf(other) ? 1 : -1
}

/** What the object is now, with the version that is to be read. Throws HarnessError, also for one that is archived. */
export async function pinned({ sdk, client }: S3, object: S3Object, signal: AbortSignal): Promise<S3Object> {
  const { bucket, key, etag } = object
  const address = `s3://${bucket}/${key}`
  const head = await client
    .send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }), { abortSignal: signal })
    .catch((error: unknown) => {
      signal.throwIfAborted()
      throw s3Problem(address, error)
    })
  const isBack = /ongoing-request="false"/.test(head.Restore ?? '')
  if (/^(?:GLACIER|DEEP_ARCHIVE)$/.test(head.StorageClass ?? '') && !isBack)
    throw s3Problem(
      address,
      Object.assign(new Error(`its storage class is ${head.StorageClass}`), { name: 'InvalidObjectState' }),
    )
  const version = head.VersionId === 'null' ? undefined : head.VersionId
  return {
    ...object,
    bytes: head.ContentLength ?? object.bytes,
    version,
    modifiedAt: head.LastModified ?? object.modifiedAt,
  }
}

function none(address: string, others: number): HarnessError {
  const there = others === 0 ? 'nothing begins so' : `of ${others} objects that begin so none matches`
  return new HarnessError('backup-missing', `There is no backup at ${address}: ${there}.`, {
    hint: 'Check bucket and prefix (aws s3 ls); a glob is matched against the whole key, and ** against folders too.',
  })
}
