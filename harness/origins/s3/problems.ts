import { HarnessError, messageOf } from '../../errors.ts'

/** Whether it is worth asking again: the connection or the store failed, not the request. */
export function isPassing(error: unknown): boolean {
  if (error instanceof HarnessError) return false
  const status = statusOf(error)
  if (nameOf(error) === 'CredentialsProviderError') return false
  return status === undefined || status >= 500 || status === 429 || status === 408
}

/** What a store said, so that the operator can act; `what` is the address of the object or the bucket. */
export function s3Problem(what: string, error: unknown): HarnessError {
  if (error instanceof HarnessError) return error
  const name = nameOf(error)
  const status = statusOf(error)
  const known = problems.find(({ names, statuses }) => names.test(name) || statuses.includes(status ?? 0))
  const said = messageOf(error).replace(/[.\s]+$/, '')
  const shown = said.startsWith('Unknown') || said === '' ? `status ${status ?? 'unknown'}` : said
  if (known !== undefined)
    return new HarnessError(known.code, `${known.message(what)}: ${shown}.`, {
      hint: known.hint,
      cause: error,
    })
  const code = status === undefined ? 's3-unreachable' : 's3-failed'
  return new HarnessError(code, `${what} cannot be read: ${shown}.`, {
    hint: 'See whether the store answers (aws s3 ls), and where it is: AWS_ENDPOINT_URL_S3, AWS_REGION.',
    cause: error,
  })
}

const problems = [
  {
    code: 's3-no-credentials',
    names: /^(?:CredentialsProviderError|ExpiredToken\w*|TokenRefreshRequired|InvalidToken)$/,
    statuses: [] as number[],
    message: (what: string) => `There are no valid credentials for ${what}`,
    hint: 'Set them up as for AWS’s own tools: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile (AWS_PROFILE), single sign-on, or a role of the machine.',
  },
  {
    code: 's3-no-region',
    names: /^(?:AuthorizationHeaderMalformed|PermanentRedirect|IllegalLocationConstraintException)$/,
    statuses: [301],
    message: (what: string) => `${what} is in another region`,
    hint: 'Set AWS_REGION to the region of the bucket.',
  },
  {
    code: 's3-archived',
    names: /^InvalidObjectState$/,
    statuses: [],
    message: (what: string) => `${what} is archived and cannot be read before it is restored`,
    hint: 'Have it restored (aws s3api restore-object), or name a backup in another storage class.',
  },
  {
    code: 's3-no-bucket',
    names: /^(?:NoSuchBucket|InvalidBucketName)$/,
    statuses: [],
    message: (what: string) => `There is no bucket for ${what}`,
    hint: 'Check the name of the bucket, and the endpoint: AWS_ENDPOINT_URL_S3.',
  },
  {
    code: 's3-changed',
    names: /^(?:PreconditionFailed|NoSuchKey|NoSuchVersion|NotFound)$/,
    statuses: [412, 404],
    message: (what: string) => `${what} was replaced or removed while it was read`,
    hint: 'Run it again when the backup job is done; a versioned bucket keeps what is being read.',
  },
  {
    code: 's3-denied',
    names: /^(?:AccessDenied|AllAccessDisabled|InvalidAccessKeyId|SignatureDoesNotMatch|Forbidden)$/,
    statuses: [403, 401],
    message: (what: string) => `The store does not let these credentials read ${what}`,
    hint: 'They need s3:ListBucket on the bucket and s3:GetObject on its objects (s3:GetObjectVersion where it is versioned), and kms:Decrypt for its key.',
  },
  {
    code: 's3-no-region',
    names: /^ConfigError$/,
    statuses: [],
    message: () => 'It is not known in which region the bucket is',
    hint: 'Set AWS_REGION, or a region in the profile.',
  },
]

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if (error.message.startsWith('Region is missing')) return 'ConfigError'
  return 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  const metadata = error.$metadata as { readonly httpStatusCode?: number } | undefined
  return metadata?.httpStatusCode
}
