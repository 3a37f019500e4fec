import { mkdir } from 'node:fs/promises'
import type { Members, OpenedBackup } from '../backups/backup-format.ts'
import { extentContent } from '../backups/content.ts'
import { openMembers, openRanges } from '../backups/index.ts'
import { HarnessError } from '../errors.ts'
import type { Origin, OriginRequest } from './origin.ts'
import { parseS3Address } from './s3/address.ts'
import { openS3, type S3 } from './s3/client.ts'
import { findCandidates, pinned, type Candidate } from './s3/find.ts'
import { objectRanges, type S3Object } from './s3/object.ts'

/** Objects in S3, or in a store that speaks its protocol. */
export const s3: Origin = {
  name: 's3',
  description:
    'an object, or the objects of a folder, in S3 or another store that speaks its protocol; of several the newest',
  inPlace: true,
  holds: ({ backup }) => backup.startsWith('s3://'),
  async open(request) {
    const address = parseS3Address(request.backup)
    const store = await openS3()
    request.onProgress(`looking in s3://${address.bucket}`)
    await mkdir(request.scratch, { recursive: true, mode: 0o700 })
    const candidates = await findCandidates(store, address, request.signal)
    // As in a directory of backups, what is none at all is passed over, and a damaged one is not.
    let first: HarnessError | undefined
    for (const candidate of candidates.slice(0, mostLookedAt)) {
      try {
        return await openCandidate(store, candidate, request)
      } catch (error) {
        if (!(error instanceof HarnessError) || error.code !== 'backup-unknown') throw error
        first ??= error
      }
    }
    throw first ?? new Error(`${request.backup} has no candidates.`)
  },
}

/** Logs and checksums of so many backups may lie beside them. */
const mostLookedAt = 50

async function openCandidate(
  store: S3,
  { objects, folder, modifiedAt }: Candidate,
  request: OriginRequest,
): Promise<OpenedBackup> {
  const [only] = objects
  if (folder !== undefined && only !== undefined)
    return openMembers(
      `s3://${only.bucket}/${folder}`,
      membersOf(store, objects, folder, request),
      modifiedAt,
    )
  if (only === undefined) throw new Error('There is no object.')
  const object = await pinned(store, only, request.signal)
  const from = objectRanges(store, object, request)
  return await openRanges(from, { scratch: request.scratch, writtenAt: object.modifiedAt })
}

function membersOf(store: S3, objects: readonly S3Object[], folder: string, request: OriginRequest): Members {
  const byName = new Map(objects.map((object) => [object.key.slice(folder.length), object]))
  const sizes = new Map([...byName].map(([name, { bytes }]) => [name, bytes]))
  const ranges = new Map([...byName].map(([name, object]) => [name, objectRanges(store, object, request)]))
  const open: Members['open'] = (name, onRead) => {
    const from = ranges.get(name)
    if (from === undefined) throw new Error(`${name} is no file of the backup.`)
    return extentContent(from).open(onRead)
  }
  return { kind: 'directory', directory: undefined, prefix: '', sizes, open }
}
