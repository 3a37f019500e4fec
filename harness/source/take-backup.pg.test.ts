import { readdir, readFile, stat, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { BackupResult } from '../backup.ts'
import type { Manifest } from '../backups/manifest.ts'
import type { Server } from '../engines/engine.ts'
import { clientToolVersion } from '../postgres/client-tools.ts'
import { urlOf } from '../postgres/url.ts'
import { verificationSchema } from '../reports/verification.ts'
import { kitchenSink, session } from '../testing/kitchen-sink.ts'
import { missingEngine, startProgram } from '../testing/program.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { withTemporary } from '../testing/temporary.ts'

/** The embedded server's pg_dump is that of an image, the other's may be the one on PATH. */
const sources = testServers.filter(({ engine, major }) => engine === 'embedded' || major === 15)

for (const each of sources) {
  describe(`rehearse backup of ${each.title}`, function () {
    this.timeout(120_000)
    let server: Server
    let database: string

    before(async function () {
      server = await serverOrSkip(each, this)
      const local = Number.parseInt((await clientToolVersion('pg_dump')) ?? '0', 10)
      if (local !== server.major && (await missingEngine('docker', server.major)) !== undefined) this.skip()
      database = await kitchenSink(server)
    })
    after(async () => await server?.dropDatabase(database))

    const environment = () => ({ PRODUCTION_DATABASE_URL: urlOf(server.connection(database)) })

    it('holds the rows of one moment, and verify-backup finds it whole or names what is damaged', async () => {
      await withTemporary(async (cwd) => {
        const path = join(cwd, 'night')
        const { password } = server.connection(database)
        const { stdout, stderr, exitCode, seen } = await whileWriting(server, database, async () => {
          const program = startProgram(['backup', path, '--json'], { cwd, env: environment() })
          const seen = await commandLinesWith(password, program)
          return { ...(await program), seen }
        })
        expect(exitCode, stderr).to.equal(0)
        expect(seen, 'the password on a command line').to.deep.equal([])
        expect(stdout + stderr).not.to.include(password)
        const { manifest, bytes }: BackupResult = JSON.parse(stdout)
        expect(bytes).to.be.greaterThan(10_000)
        expect(manifest.server.systemIdentifier).to.match(/^\d{15,20}$/)
        expect(manifest.roles).to.include('CREATE ROLE "sink_owner";')
        expect(manifest.extensions.map(({ name }) => name)).to.include('hstore')
        const titles = manifest.tables.find(({ name }) => name === 'titles')
        expect(titles?.rows).to.be.a('number')
        expect(manifest.tables.every(({ rows }) => rows !== null)).to.equal(true)
        expect(await readdir(cwd)).to.deep.equal(['night'])
        expect((await stat(path)).mode & 0o077, 'others can read it').to.equal(0)

        const again = await startProgram(['backup', path], { cwd, env: environment() })
        expect([again.exitCode, again.stderr]).to.satisfy(
          ([code, text]: [number, string]) => code === 2 && text.includes('is there already'),
        )
        if ((await missingEngine('docker', server.major)) === undefined) {
          await isFoundWhole(cwd, server.major)
          if (each.engine === 'embedded') await isFoundShort(path, manifest)
        }
        await namesDamage(path, manifest)
      })
    })

    it('leaves nothing behind when it is ended, while a table is locked', async function () {
      if (each.engine === 'embedded') this.skip()
      await withTemporary(async (cwd) => {
        await using client = await session(server, database)
        await client.query('begin; lock table shop.titles in access exclusive mode')
        const ended = startProgram(['backup', 'night', '--no-row-counts'], { cwd, env: environment() })
        await new Promise<void>((resolve) => {
          ended.stderr.on('data', (text) => /is dumping/.test(String(text)) && resolve())
          void ended.then(() => resolve())
        })
        ended.kill('SIGTERM')
        const { exitCode, stderr } = await ended
        expect(exitCode, stderr).to.equal(143)
        expect(await readdir(cwd)).to.deep.equal([])
      })
    })
  })
}

describe('rehearse backup', () => {
  it('says in one error what is wrong with the source', async () => {
    const cases: readonly (readonly [url: string | undefined, args: readonly string[], says: RegExp])[] = [
      [undefined, [], /PRODUCTION_DATABASE_URL is not set/],
      [undefined, ['--source', 'postgresql://me:hush@db/x'], /password where others can see it/],
      ['mysql://x', [], /is not a postgres URL/],
      ['postgresql://me:hushhush@127.0.0.1:1/x', [], /cannot be reached.*ECONNREFUSED/],
    ]
    await withTemporary(async (cwd) => {
      for (const [url, args, says] of cases) {
        const env = { PRODUCTION_DATABASE_URL: url ?? '' }
        const { exitCode, stderr } = await startProgram(['backup', 'x', ...args], { cwd, env })
        expect([exitCode, stderr.match(says) !== null], stderr).to.deep.equal([2, true])
        expect(stderr).not.to.match(/hush|at .*\.ts/)
        expect(await readdir(cwd)).to.deep.equal([])
      }
    })
  })
})

/** Rows come and go while `work` is done. */
async function whileWriting<Result>(
  server: Server,
  database: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await using client = await session(server, database)
  const done = new AbortController()
  const writing = (async () => {
    for (let n = 0; !done.signal.aborted; n += 1)
      await client.query('insert into shop.publishers (name) values ($1)', [`written meanwhile ${n}`])
  })()
  try {
    return await work()
  } finally {
    done.abort()
    await writing
  }
}

/** The command lines on this machine that had `text` in them while `program` ran. */
async function commandLinesWith(text: string, program: PromiseLike<unknown>): Promise<string[]> {
  const seen = new Set<string>()
  const ended = new AbortController()
  void program.then(() => ended.abort())
  while (!ended.signal.aborted && process.platform === 'linux') {
    for (const pid of await readdir('/proc')) {
      const line = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : ''
      if (line.includes(text)) seen.add(line.replaceAll('\0', ' '))
    }
    await sleep(20)
  }
  return [...seen]
}

async function verify(path: string, args: readonly string[] = []) {
  const { stdout, stderr, exitCode } = await startProgram(
    ['verify-backup', path, '--report', 'json=-', ...args],
    { cwd: path, env: {} },
  )
  const start = stdout.indexOf('\n{\n')
  const verification = start < 0 ? undefined : verificationSchema.parse(JSON.parse(stdout.slice(start)))
  return { exitCode, stderr, verification }
}

/** Of the directory of backups, too. */
async function isFoundWhole(cwd: string, major: number): Promise<void> {
  const { exitCode, stderr, verification } = await verify(cwd, ['--max-age', '1h', '--engine', 'docker'])
  expect(exitCode, stderr).to.equal(0)
  expect(verification?.verdict).to.equal('passed')
  expect(verification?.engine?.serverVersion).to.match(new RegExp(`^${major}`))
  expect(verification?.backup).to.include({ format: 'directory', hasManifest: true })
  expect(verification?.findings.map(({ id }) => id)).to.deep.equal(['defused'])
  expect(verification?.limits).to.have.lengthOf(1)
}

/** A manifest that counts one row more than the dump has. */
async function isFoundShort(path: string, manifest: Manifest): Promise<void> {
  const file = join(path, 'manifest.json')
  const text = await readFile(file, 'utf8')
  const tables = manifest.tables.map((table) =>
    table.name === 'titles' ? { ...table, rows: (table.rows ?? 0) + 1 } : table,
  )
  await writeFile(file, JSON.stringify({ ...manifest, tables }))
  const { exitCode, verification } = await verify(path, ['--engine', 'docker'])
  expect(exitCode).to.equal(2)
  expect(verification?.findings.map(({ id, subject }) => `${id} ${subject}`)).to.include(
    'restored-row-drift shop.titles',
  )
  await writeFile(file, text)
}

async function namesDamage(path: string, { files }: Manifest): Promise<void> {
  const largest = files.filter(({ name }) => name !== 'toc.dat').toSorted((a, b) => b.bytes - a.bytes)[0]
  const name = largest?.name ?? ''
  const whole = await readFile(join(path, name))
  const flipped = Buffer.from(whole)
  // Of a gzip header: the time, which no decompression checks.
  flipped.writeUInt8(whole.readUInt8(4) ^ 1, 4)
  const damages: readonly (readonly [id: string, damage: () => Promise<void>])[] = [
    ['backup-corrupt', async () => await writeFile(join(path, name), flipped)],
    ['backup-truncated', async () => await truncate(join(path, name), whole.length - 1)],
    ['backup-incomplete', async () => await unlink(join(path, name))],
  ]
  for (const [id, damage] of damages) {
    await damage()
    const { exitCode, verification } = await verify(path)
    expect(exitCode).to.equal(2)
    expect(verification?.findings.map((finding) => finding.id)).to.deep.equal([id])
    expect(verification?.summary).to.include(name)
  }
}
