import { expect } from 'chai'
import { parseS3Address } from './address.ts'
import { isPassing, s3Problem } from './problems.ts'

/** As the SDK throws them. */
function thrown(name: string, status?: number, message = 'said so'): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } })
}

describe('what a store says', () => {
  const cases = [
    ['InvalidObjectState', 403, 's3-archived', false],
    ['AccessDenied', 403, 's3-denied', false],
    ['ExpiredToken', 400, 's3-no-credentials', false],
    ['CredentialsProviderError', undefined, 's3-no-credentials', false],
    ['NoSuchBucket', 404, 's3-no-bucket', false],
    ['NoSuchKey', 404, 's3-changed', false],
    ['PreconditionFailed', 412, 's3-changed', false],
    ['PermanentRedirect', 301, 's3-no-region', false],
    ['Unknown', 403, 's3-denied', false],
    ['SlowDown', 503, 's3-failed', true],
    ['TimeoutError', undefined, 's3-unreachable', true],
  ] as const
  for (const [name, status, code, passing] of cases) {
    it(`is ${code} for ${name} ${status ?? 'without an answer'}, and ${passing ? 'may' : 'does not'} pass`, () => {
      const error = thrown(name, status)
      const { code: its, message, hint } = s3Problem('s3://backups/a', error)
      expect([its, isPassing(error)]).to.deep.equal([code, passing])
      expect(message).to.match(/said so\.$/)
      expect(hint).not.to.equal('')
    })
  }

  it('is the region when none is set', () => {
    expect(s3Problem('the bucket', new Error('Region is missing')).code).to.equal('s3-no-region')
  })
})

describe('an address in S3', () => {
  it('is a bucket with a prefix or a glob over whole keys', () => {
    const { bucket, prefix, matches } = parseS3Address('s3://backups/shop/*/full-?.{dump,sql.gz}')
    expect([bucket, prefix]).to.deep.equal(['backups', 'shop/'])
    const keys = ['shop/a/full-1.dump', 'shop/a/full-1.sql.gz', 'shop/a/b/full-1.dump', 'shop/a/full-10.dump']
    expect(keys.filter(matches)).to.deep.equal(keys.slice(0, 2))
    expect(parseS3Address('s3://backups')).to.include({ bucket: 'backups', prefix: '' })
    expect(parseS3Address('s3://backups/a b/ü').prefix).to.equal('a b/ü')
  })

  it('has no credentials in it, nor does the error that says so', () => {
    expect(() => parseS3Address('s3://key:secret@backups/a')).to.throw(/^s3:\/\/backups\/a is no address/)
  })
})
