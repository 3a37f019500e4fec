import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageFile } from './docs.ts'
import type { Rehearsal } from './rehearsal.ts'
import { startBreakingProxy } from './testing/breaking-proxy.ts'
import { dockerTools } from './testing/dump.ts'
import { missingEngine, runProgram, startProgram } from './testing/program.ts'
import { environmentFor, missingS3Server, startS3Server, type S3Server } from './testing/s3-server.ts'
import { serverOrSkip, testServers } from './testing/server.ts'
import { withTemporary } from './testing/temporary.ts'

const cwd = packageFile('.')
const dump = packageFile('fixtures/comicscout.sql.gz')
const embedded = ['--engine', 'embedded', '--ask', 'none', '--snapshots', 'off']

describe('the worked example, wherever its backup lives', function () {
  this.timeout(240_000)
  let local: Rehearsal
  let server: S3Server | undefined

  before(async function () {
    const missing = (await missingEngine('embedded')) ?? missingS3Server()
    if (missing !== undefined) {
      console.log(`      skipped: ${missing}`)
      this.skip()
    }
    server = await startS3Server()
    await server.client.send(new CreateBucketCommand({ Bucket: 'backups' }))
    const Body = await readFile(dump)
    await server.client.send(new PutObjectCommand({ Bucket: 'backups', Key: 'nightly/a.sql.gz', Body }))
    local = judged(await runProgram(['--backup', dump, ...embedded], { cwd }))
    expect(local.verdict, local.summary).to.equal('passed')
  })

  after(async () => await server?.[Symbol.asyncDispose]())

  it('comes to the same from S3 by connections that break, in restoring too, and leaves nothing', async () => {
    // Little enough that pg_restore has to be fed by several connections as well.
    await using proxy = await startBreakingProxy(server?.port ?? 0, { afterBytes: 150_000 })
    const env = { ...environmentFor(proxy.port), AWS_SECRET_ACCESS_KEY: 'testing' }
    const result = await runProgram(['--backup', 's3://backups/nightly', ...embedded], { cwd, env })
    const rehearsal = judged(result)
    expect(same(rehearsal)).to.deep.equal(same(local))
    const { length } = await readFile(dump)
    expect(rehearsal.backup).to.include({ path: 's3://backups/nightly/a.sql.gz', bytes: length })
    expect(rehearsal.backup?.sha256).to.equal(local.backup?.sha256)
    expect(proxy.broken()).to.be.at.least(2 * Math.floor(length / 150_000) - 1)
    expect(result.stdout + result.stderr + JSON.stringify(rehearsal)).not.to.contain('testing')
    expect(await nothingLeft(rehearsal.id)).to.deep.equal([])
  })

  it('is proved from a command, whose line nobody is shown, and whose output is removed', async () => {
    const line = `TOKEN=sec-ret-12 cat '${dump}'`
    const args = ['verify-backup', '--backup-command', line, '--engine', 'embedded', '--report', 'json=-']
    const { exitCode, stdout, stderr } = await startProgram(args, { cwd })
    expect(exitCode, stdout + stderr).to.equal(0)
    const { id, backup } = JSON.parse(stdout.slice(stdout.indexOf('\n{'))) as Pick<Rehearsal, 'id' | 'backup'>
    expect(backup).to.deep.include({ path: 'the output of cat', sha256: local.backup?.sha256 })
    expect(stdout + stderr).not.to.contain('sec-ret-12')
    expect(await nothingLeft(id)).to.deep.equal([])
  })

  it('is restored in a container from a folder of objects', async function () {
    const docker = testServers.find(({ engine, major }) => engine === 'docker' && major === 17)
    if (docker === undefined || server === undefined) return this.skip()
    const postgres = await serverOrSkip(docker, this)
    const tools = (await dockerTools(postgres)) ?? this.skip()
    await withTemporary(async (directory) => {
      const path = await tools.dump('postgres', 'directory', directory)
      for (const name of await readdir(path)) {
        const Body = await readFile(join(path, name))
        await server?.client.send(
          new PutObjectCommand({ Bucket: 'backups', Key: `folders/monday/${name}`, Body }),
        )
      }
    })
    const args = ['verify-backup', 's3://backups/folders/*', '--engine', 'docker', '--max-age', '1h']
    const { exitCode, stdout } = await startProgram(args, { cwd, env: { ...server.environment } })
    expect(exitCode, stdout).to.equal(0)
    expect(stdout).to.contain('s3://backups/folders/monday/ (directory')
  })
})

function judged({ rehearsal, stderr }: { rehearsal: Rehearsal | undefined; stderr: string }): Rehearsal {
  if (rehearsal === undefined) throw new Error(stderr)
  return rehearsal
}

/** What has to be the same, wherever the backup was. */
function same({ verdict, findings, tables, pending }: Rehearsal) {
  const ids = findings.map(({ id, severity, subject }) => `${severity} ${id} ${subject}`)
  return {
    verdict,
    tables,
    pending,
    ids: ids.filter((id) => !/sql\.gz|output of/.test(id)).toSorted(),
  }
}

/** Of the run: its scratch directory, which holds all that it brings here. */
async function nothingLeft(id: string): Promise<string[]> {
  const runs = join(tmpdir(), `pg-rehearsal-${process.getuid?.()}`, 'runs')
  return (await readdir(runs)).filter((name) => name.includes(id))
}
