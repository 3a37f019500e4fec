import { posix } from 'node:path'
import { HarnessError } from '../../errors.ts'

/** What an `s3://` address means. */
export interface S3Address {
  readonly bucket: string
  /** Everything that is meant begins so. */
  readonly prefix: string
  /** Whether an object of this key, or a folder of this name, is meant. */
  readonly matches: (key: string) => boolean
}

/** Reads `s3://bucket/prefix` or `s3://bucket/folder/*.dump`. Throws HarnessError `invalid-plan`. */
export function parseS3Address(text: string): S3Address {
  const [, bucket, key = ''] = /^s3:\/\/([^/?#@]+)(?:\/(.*))?$/s.exec(text) ?? []
  if (bucket === undefined || bucket.includes(':')) {
    throw new HarnessError(
      'invalid-plan',
      `${text.replace(/\/\/[^/]*@/, '//')} is no address of a backup in S3.`,
      {
        hint: 'Write s3://BUCKET/PREFIX or s3://BUCKET/FOLDER/*.dump; credentials come from where AWS’s tools have them, the endpoint from AWS_ENDPOINT_URL_S3.',
      },
    )
  }
  const glob = key.search(/[*?[{]/)
  if (glob < 0) return { bucket, prefix: key, matches: (found) => found.startsWith(key) }
  return { bucket, prefix: key.slice(0, glob), matches: (found) => posix.matchesGlob(found, key) }
}
