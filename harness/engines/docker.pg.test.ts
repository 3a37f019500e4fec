import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import type Dockerode from 'dockerode'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { dockerClient } from './docker-client.ts'
import { passwordFile } from './docker-container.ts'
import { runLabel } from './docker-labels.ts'
import { docker } from './docker.ts'
import type { Server } from './engine.ts'

for (const major of [17, 15]) {
  const missing = await whyNot(major)
  describe(`docker with Postgres ${major}${missing}`, () => {
    let run: Run
    let server: Server

    before(async function () {
      if (missing !== '') this.skip()
      run = await openRun()
      server = await docker.start(requestFor(run, major))
    })

    after(async () => {
      if (missing !== '') return
      await server.stop()
      await run.dispose()
    })

    it('answers as the major that was asked for, owned by us', async () => {
      expect(server).to.include({ major, owned: true, image: `postgres:${major}`, engine: 'docker' })
      expect(server.version).to.match(new RegExp(`^${major}\\.\\d+$`))
      expect(await valueIn(server, 'postgres', 'select 1')).to.equal('1')
    })

    it('is reached at an address, for a name may lead to the port of another container', async () => {
      const { NetworkSettings } = await (await containerOf(run)).inspect()
      const { host, port } = server.connection('postgres')
      const family = isIP(host)
      const ports = NetworkSettings.Ports['5432/tcp'] ?? []
      expect(family).to.be.above(0)
      expect(
        ports.some(({ HostIp, HostPort }) => isIP(HostIp) === family && HostPort === `${port}`),
      ).to.equal(true)
    })

    it('keeps its password out of docker inspect', async () => {
      const { password } = server.connection('postgres')
      const seen = JSON.stringify(await (await containerOf(run)).inspect())
      expect(password).to.have.length.above(30)
      expect(seen).to.include(passwordFile)
      expect(seen).not.to.include(password)
    })

    it('has more shared memory than the engine gives by default', async () => {
      const { HostConfig } = await (await containerOf(run)).inspect()
      expect(HostConfig.ShmSize).to.be.at.least(256 * 1024 * 1024)
    })

    it('has the client tools of its own version', async () => {
      for (const tool of ['psql', 'pg_restore', 'pg_dump'] as const) {
        expect(await server.toolVersion(tool), tool).to.equal(server.version)
      }
    })

    it('feeds a tool 5 MB, byte for byte', async () => {
      const rows = Array.from({ length: 100_000 }, (_, row) => `${row}\t${'é'.repeat(20)}${row % 97}\n`)
      const lines = ['create table fed (row int, text text);\n', 'copy fed from stdin;\n', ...rows, '\\.\n']
      const result = await server.runTool('psql', ['-qv', 'ON_ERROR_STOP=1'], {
        database: 'postgres',
        stdin: Readable.from(lines.map((line) => Buffer.from(line))),
      })
      expect(result).to.deep.equal({ exitCode: 0, stdout: '', stderr: '' })
      expect(Buffer.byteLength(rows.join(''))).to.be.above(4_500_000)
      expect(await valueIn(server, 'postgres', 'select count(*) from fed')).to.equal('100000')
      const digest = `select md5(string_agg(row || e'\\t' || text || e'\\n', '' order by row)) from fed`
      const { createHash } = await import('node:crypto')
      const wanted = createHash('md5').update(rows.join('')).digest('hex')
      expect(await valueIn(server, 'postgres', digest)).to.equal(wanted)
    })

    it('feeds no faster than the tool reads', async () => {
      let given = 0
      async function* endless() {
        for (;;) {
          given += 65_536
          yield Buffer.alloc(65_536, '\n')
          await Promise.resolve()
        }
      }
      const ending = new AbortController()
      const stdin = Readable.from(endless())
      const feeding = server.runTool('psql', ['-c', 'select pg_sleep(30)'], {
        database: 'postgres',
        stdin,
        signal: ending.signal,
      })
      const ended = feeding.catch((error: unknown) => error)
      await sleep(500)
      ending.abort(new Error('enough'))
      expect(await ended).to.have.property('message', 'enough')
      expect(given).to.be.within(1, 20 * 1024 * 1024)
    })

    it('returns exit codes and both outputs', async () => {
      const options = { database: 'postgres' }
      const good = await server.runTool('psql', ['-Atc', `select 'å', current_user`], options)
      expect(good).to.deep.equal({ exitCode: 0, stdout: 'å|postgres\n', stderr: '' })
      const bad = await server.runTool('psql', ['-c', 'select 1/0'], options)
      expect(bad.exitCode).to.equal(1)
      expect(bad.stderr).to.include('division by zero')
      const nowhere = await server.runTool('psql', ['-c', 'select 1'], { database: 'nowhere' })
      expect(nowhere.exitCode).to.equal(2)
      expect(nowhere.stderr).to.include('"nowhere" does not exist')
    })

    it('returns what a tool said that gave up on its input', async () => {
      const stdin = Readable.from(Array.from({ length: 400 }, () => Buffer.alloc(65_536, 'no archive ')))
      const result = await server.runTool('pg_restore', [], { database: 'postgres', stdin })
      expect(result.exitCode).to.equal(1)
      expect(result.stderr).to.include('does not appear to be a valid archive')
      expect(stdin.destroyed).to.equal(true)
    })

    it('keeps the last MiB of stderr', async () => {
      const noise = `do $$ begin for i in 1..30000 loop raise notice '% %', i, repeat('x', 60); end loop; end $$`
      const { stderr, exitCode } = await server.runTool('psql', ['-c', noise], { database: 'postgres' })
      expect(exitCode).to.equal(0)
      expect(Buffer.byteLength(stderr)).to.equal(1024 * 1024)
      expect(stderr.trimEnd()).to.match(/30000 x+$/)
    })

    it('ends an aborted tool and its query', async () => {
      const ending = new AbortController()
      const options = { database: 'postgres', signal: ending.signal }
      const ended = server
        .runTool('psql', ['-c', `select 'aborted one', pg_sleep(60)`], options)
        .catch((error: unknown) => error)
      const running = `select count(*) from pg_stat_activity where query like 'select ''aborted%' and state = 'active'`
      while ((await valueIn(server, 'postgres', running)) !== '1') await sleep(20)
      ending.abort(new Error('changed our mind'))
      expect(await ended).to.have.property('message', 'changed our mind')
      expect(await valueIn(server, 'postgres', running)).to.equal('0')
    })

    it('never takes half an input for a whole one', async () => {
      async function* breaking() {
        yield 'create table half (x int);\n'
        await sleep(300)
        throw new Error('the disk went away')
      }
      const stdin = Readable.from(breaking())
      const options = { database: 'postgres', stdin }
      const ended = server.runTool('psql', ['-1', '-f', '-'], options).catch((error: unknown) => error)
      expect(await ended).to.have.property('message', 'the disk went away')
      expect(await valueIn(server, 'postgres', `select to_regclass('half') is null`)).to.equal('t')
    })

    it('makes, clones and drops databases', async () => {
      await server.createDatabase('made')
      await server.runTool('psql', ['-c', 'create table t as select 7 as seven'], { database: 'made' })
      await server.cloneDatabase('made', 'cloned')
      await server.dropDatabase('made')
      expect(await valueIn(server, 'cloned', 'select seven from t')).to.equal('7')
      const there = `select string_agg(datname, ' ') from pg_database where datname in ('made', 'cloned')`
      expect(await valueIn(server, 'postgres', there)).to.equal('cloned')
      await server.dropDatabase('cloned')
    })

    it('gives a command that connects without a secret', async () => {
      const { connect, remove } = await server.hints("it's")
      expect(connect).to.match(/^docker exec -it pg-rehearsal-\S+ psql -U postgres -d 'it'\\''s'$/)
      expect(connect).not.to.include(server.connection('x').password)
      expect(remove).to.equal('rehearse clean')
    })

    it('is gone with its volume after stop, which may be called twice', async () => {
      const container = await containerOf(run)
      const volumes = (await container.inspect()).Mounts.map(({ Name }) => Name ?? '')
      expect(volumes).to.have.length.above(0)
      await Promise.all([server.stop(), server.stop()])
      await server.stop()
      const { container: engine } = await dockerClient()
      expect(await containersOf(run)).to.deep.equal([])
      for (const volume of volumes) {
        const gone = await engine.dockerode
          .getVolume(volume)
          .inspect()
          .catch((error: unknown) => error)
        expect(gone).to.have.property('statusCode', 404)
      }
    })
  })
}

const missing = await whyNot(17)
describe(`docker${missing}`, () => {
  let run: Run

  beforeEach(async function () {
    if (missing !== '') this.skip()
    run = await openRun()
  })

  afterEach(async () => {
    if (missing !== '') return
    await Promise.all((await containersOf(run)).map(({ Id }) => removed(Id)))
    await run.dispose()
  })

  it('keeps a container until it is cleaned', async () => {
    const server = await docker.start(requestFor(run, 17))
    await server.keep()
    await server.keep()
    expect((await server.hints('app')).connect).to.include('docker exec -it pg-rehearsal-kept-')
    await docker.sweep({ serverUrl: undefined, kept: false })
    expect(await containersOf(run)).to.have.length(1)
    expect(await valueIn(server, 'postgres', 'select 1')).to.equal('1')
    const lines = await docker.sweep({ serverUrl: undefined, kept: true })
    expect(lines.join('\n')).to.include(run.id)
    expect(await containersOf(run)).to.deep.equal([])
  })

  it('reports an image that is no Postgres at once, with its last words', async () => {
    const image = await brokenImage()
    try {
      const startedAt = Date.now()
      const error = await docker.start({ ...requestFor(run, 17), image }).catch((error: unknown) => error)
      expect(error).to.be.instanceOf(HarnessError)
      expect(error).to.include({ code: 'docker-start-failed' })
      expect(error)
        .to.have.property('message')
        .that.matches(/exited with code 3\nno room for data$/)
      expect(Date.now() - startedAt).to.be.below(10_000)
      expect(await containersOf(run)).to.deep.equal([])
    } finally {
      await (await dockerClient()).container.dockerode.getImage(image).remove({ force: true })
    }
  })

  it('says that an image cannot be had, and does not start it', async () => {
    const request = { ...requestFor(run, 17), image: 'localhost:1/nobody/postgres:17' }
    const availability = await docker.probe(request)
    expect(availability).to.include({ available: false })
    expect(JSON.stringify(availability)).to.include('docker pull localhost:1/nobody/postgres:17')
    const error = await docker.start(request).catch((error: unknown) => error)
    expect(error).to.include({ code: 'docker-image-missing' })
  })

  async function removed(id: string): Promise<void> {
    const { container } = await dockerClient()
    await container.dockerode.getContainer(id).remove({ force: true, v: true })
  }
})

/** An image whose only act is to complain and exit. */
async function brokenImage(): Promise<string> {
  const { container } = await dockerClient()
  const made = await container.dockerode.createContainer({ Image: 'postgres:17' })
  const changes = ['ENTRYPOINT ["sh", "-c", "echo no room for data >&2; exit 3"]', 'CMD []']
  await made.commit({ repo: 'pg-rehearsal-broken', tag: 'test', changes: changes.join('\n') })
  await made.remove({ v: true })
  return 'pg-rehearsal-broken:test'
}

function requestFor(run: Run, major: number) {
  return { major, image: undefined, serverUrl: undefined, run }
}

/** Nothing when the tests can run, else the reason as part of a title. */
async function whyNot(major: number): Promise<string> {
  const run = { id: 'probe', directory: '', owner: { host: '', pid: 0, startedAt: '' } }
  const idle = { ...run, track() {}, untrack() {}, keep() {}, async dispose() {} }
  const availability = await docker.probe(requestFor(idle, major))
  return availability.available ? '' : ` (skipped: ${availability.reason})`
}

async function containersOf(run: Run): Promise<Dockerode.ContainerInfo[]> {
  const { container } = await dockerClient()
  const filters = { label: [`${runLabel}=${run.id}`] }
  return await container.dockerode.listContainers({ all: true, filters })
}

async function containerOf(run: Run): Promise<Dockerode.Container> {
  const { container } = await dockerClient()
  return container.getById((await containersOf(run))[0]?.Id ?? 'none')
}

async function valueIn(server: Server, database: string, sql: string): Promise<string> {
  return await withClient(server.connection(database), async (client) => {
    const { rows } = await client.query<Record<string, string>>(sql)
    return Object.values(rows[0] ?? {})[0] ?? 'none'
  })
}
