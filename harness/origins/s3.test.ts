import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { BackupFacts, OpenedBackup } from '../backups/backup-format.ts'
import { packageFile } from '../docs.ts'
import type { HarnessError } from '../errors.ts'
import { errorOf } from '../testing/error-of.ts'
import { openRun } from '../runs/open-run.ts'
import { startBreakingProxy } from '../testing/breaking-proxy.ts'
import { environmentFor, missingS3Server, startS3Server, type S3Server } from '../testing/s3-server.ts'
import { openWanted } from './index.ts'

const dumpFile = packageFile('fixtures/comicscout.dump')
const table = { schema: undefined, name: 'kysely_migration' }
const plain = (note: string, filler = ''): string =>
  `-- PostgreSQL database dump\n\nCREATE TABLE ${note} ();\n${filler}\n-- PostgreSQL database dump complete\n`

describe('a backup in S3', function () {
  this.timeout(60_000)
  let server: S3Server
  let put: (key: string, body: string | Buffer) => Promise<void>

  before(async function () {
    const missing = missingS3Server()
    if (missing !== undefined) {
      console.log(`      skipped: ${missing}`)
      this.skip()
    }
    server = await startS3Server()
    put = async (Key, Body) =>
      void (await server.client.send(new PutObjectCommand({ Bucket: 'backups', Key, Body })))
    await server.client.send(new CreateBucketCommand({ Bucket: 'backups' }))
  })

  after(async () => await server?.[Symbol.asyncDispose]())

  it('is read like a file of the same bytes, and says where it is from and when it was written', async () => {
    await put('daily/comicscout.dump', await readFile(dumpFile))
    const began = Date.now()
    const { file, facts } = await described('s3://backups/daily/comicscout.dump')
    const { length } = await readFile(dumpFile)
    expect(file).to.include({ path: 's3://backups/daily/comicscout.dump', bytes: length })
    expect(Math.abs(Number(file.writtenAt) - began)).to.be.below(10_000)
    expect(facts).to.deep.equal((await described(dumpFile, {})).facts)
  })

  it('is the newest that matches, past what is no backup, and never older than a damaged one', async () => {
    for (const [key, body] of [
      ['nightly/a.sql', plain('a')],
      ['nightly/old/b.sql.gz', gzipSync(plain('b'))],
      ['nightly/c.sql.sha256', 'c0ffee'],
    ] as const) {
      // The store's dates are of whole seconds.
      await new Promise((resolve) => void setTimeout(resolve, 1_100))
      await put(key, body)
    }
    const tables = async (address: string) => (await described(address)).file.path.split('/').at(-1)
    expect(await tables('s3://backups/nightly/')).to.equal('b.sql.gz')
    expect(await tables('s3://backups/nightly/*.sql')).to.equal('a.sql')
    expect(await tables('s3://backups/nightly/**/*.sql*')).to.equal('b.sql.gz')
    await new Promise((resolve) => void setTimeout(resolve, 1_100))
    await put('nightly/d.dump', (await readFile(dumpFile)).subarray(0, 30_000))
    expect(await refused('s3://backups/nightly/')).to.include({ code: 'backup-truncated' })
  })

  it('goes on where a connection broke, however often, and has the same bytes', async () => {
    const sql = plain('big', `-- ${randomBytes(6_000_000).toString('base64')}`)
    await put('big.sql', sql)
    await using proxy = await startBreakingProxy(server.port, { afterBytes: 700_000 })
    const said: string[] = []
    const { facts } = await described('s3://backups/big.sql', environmentFor(proxy.port), (line) =>
      said.push(line),
    )
    const direct = await described('s3://backups/big.sql')
    expect(facts.sha256).to.equal(direct.facts.sha256)
    expect(proxy.broken()).to.be.within(9, 30)
    expect(said.filter((line) => line.includes('going on at'))).to.have.length(proxy.broken())
  })

  it('is an error when nothing more comes, or when it is another object by then', async () => {
    await using dead = await startBreakingProxy(server.port, { afterBytes: 0 })
    expect(await refused('s3://backups/big.sql', environmentFor(dead.port))).to.include({
      code: 's3-unreachable',
    })
    const change = async () => await put('big.sql', plain('other', 'x'.repeat(5_000_000)))
    const breaking = { afterBytes: 2_000_000, times: 1, onBreak: change }
    await using proxy = await startBreakingProxy(server.port, breaking)
    const problem = await refused('s3://backups/big.sql', environmentFor(proxy.port))
    expect(proxy.broken()).to.equal(1)
    expect(problem).to.include({ code: 's3-changed' })
  })

  it('goes on with the version that it began with, where the bucket keeps versions', async () => {
    await server.client.send(new CreateBucketCommand({ Bucket: 'versions' }))
    const VersioningConfiguration = { Status: 'Enabled' } as const
    await server.client.send(new PutBucketVersioningCommand({ Bucket: 'versions', VersioningConfiguration }))
    const write = async (Body: string) =>
      void (await server.client.send(new PutObjectCommand({ Bucket: 'versions', Key: 'a.sql', Body })))
    await write(plain('first', `-- ${'x'.repeat(3_000_000)}`))
    const change = async () => await write(plain('second'))
    await using proxy = await startBreakingProxy(server.port, {
      afterBytes: 1_000_000,
      times: 1,
      onBreak: change,
    })
    const { file, facts } = await described('s3://versions/a.sql', environmentFor(proxy.port))
    expect(proxy.broken()).to.equal(1)
    expect(file.path).to.match(/^s3:\/\/versions\/a\.sql \(version .+\)$/)
    expect(facts.contents.entries.map(({ name }) => name)).to.deep.equal(['first'])
  })

  const wrong = { AWS_SECRET_ACCESS_KEY: 'not-the-key-0' }
  const other = { AWS_ACCESS_KEY_ID: 'test:outsider', AWS_SECRET_ACCESS_KEY: 'outside-key-0' }
  const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
  const refusals = [
    ['the bucket is not there', 's3://no-such-bucket/a', {}, 's3-no-bucket'],
    ['nothing matches', 's3://backups/weekly', {}, 'backup-missing'],
    ['nothing matches the glob', 's3://backups/daily/*.zip', {}, 'backup-missing'],
    ['the key is wrong', 's3://backups/daily', wrong, 's3-denied'],
    ['the credentials may not read the bucket', 's3://backups/daily', other, 's3-denied'],
    ['there are no credentials', 's3://backups/daily', nobody, 's3-no-credentials'],
    [
      'there is no store',
      's3://backups/daily',
      { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' },
      's3-unreachable',
    ],
    ['the address is none', 's3:///daily', {}, 'invalid-plan'],
  ] as const
  for (const [when, address, environment, code] of refusals) {
    it(`is an error when ${when}, which shows no secret`, async () => {
      const problem = await refused(address, { ...server.environment, ...environment })
      expect(problem.code, problem.message).to.equal(code)
      expect(problem.message + problem.hint).not.to.match(/not-the-key-0|testing|outside-key-0/)
    })
  }

  /** Opens and describes it as a program does that was started with this environment. */
  async function described(
    address: string,
    environment: Readonly<Record<string, string>> = server.environment,
    onProgress: (line: string) => void = () => {},
  ): Promise<OpenedBackup & { readonly facts: BackupFacts }> {
    const work = async (opened: OpenedBackup) => {
      const facts = await opened.format.describe(opened.file, table)
      return { ...opened, facts }
    }
    return await openWith(address, environment, work, onProgress)
  }

  async function refused(
    address: string,
    environment?: Readonly<Record<string, string>>,
  ): Promise<HarnessError> {
    return await errorOf(described(address, environment))
  }
})

async function openWith<Result>(
  backup: string,
  environment: Readonly<Record<string, string>>,
  work: (opened: OpenedBackup) => Promise<Result>,
  onProgress: (line: string) => void = () => {},
): Promise<Result> {
  const before = { ...process.env }
  Object.assign(process.env, environment)
  const run = await openRun()
  const { signal } = new AbortController()
  const scratch = join(run.directory, 'source')
  const wanted = { backup, backupCommand: undefined, cwd: packageFile('.') }
  try {
    const result = await work(await openWanted({ ...wanted, run, scratch, signal, onProgress }))
    expect(await readdir(scratch).catch(() => [])).to.deep.equal([])
    return result
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name]
    Object.assign(process.env, before)
    await run.dispose()
  }
}
