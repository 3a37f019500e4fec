import type { S3Client } from '@aws-sdk/client-s3'
import { HarnessError } from '../../errors.ts'
import { s3Problem } from './problems.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

/** The SDK, loaded when it is needed and not before, and a client with what the environment says. */
export interface S3 {
  readonly sdk: Sdk
  readonly client: S3Client
}

/**
 * A client by AWS's usual chains alone: credentials, region, profile and endpoint come from the environment and the
 * shared files. Throws HarnessError `s3-sdk-missing` or `s3-no-region`.
 */
export async function openS3(environment: NodeJS.ProcessEnv = process.env): Promise<S3> {
  const sdk = await loadSdk()
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL']
  const options = {
    // A server of one's own has no name for every bucket.
    forcePathStyle: Boolean(endpoint),
    followRegionRedirects: true,
    // What is read is digested here; a checksum of parts of an upload says nothing of a part of the object.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 10_000, socketTimeout: idleMs },
  } as const
  const region = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION']
  const named = new sdk.S3Client(region ? { ...options, region } : options)
  const known = await named.config.region().catch((error: unknown) => (endpoint ? undefined : error))
  if (known instanceof Error) throw s3Problem('the bucket', known)
  // Servers of one's own mostly know but one region, and do not care what it is called.
  const client = known === undefined ? new sdk.S3Client({ ...options, region: 'us-east-1' }) : named
  return { sdk, client }
}

/** A connection on which nothing moves for so long is taken for broken; also when it is we who did not read on. */
const idleMs = 60_000

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (cause) {
    throw new HarnessError(
      's3-sdk-missing',
      'A backup in S3 needs the package @aws-sdk/client-s3, which is not here.',
      {
        hint: 'Install it beside pg-rehearsal: npm install --save-dev @aws-sdk/client-s3.',
        cause,
      },
    )
  }
}
