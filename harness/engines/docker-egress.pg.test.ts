import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { execa } from 'execa'
import { connect, withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { dockerClient } from './docker-client.ts'
import { ownerLabel, runLabel } from './docker-labels.ts'
import { blockEgress } from './docker-egress.ts'
import { docker } from './docker.ts'
import type { Server } from './engine.ts'

/** Once the image's own server, not the one of its init scripts, listens. */
async function connected(connection: Parameters<typeof connect>[0]): ReturnType<typeof connect> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await connect(connection, 2_000)
    } catch (error) {
      if (attempt > 100) throw error
      await sleep(100)
    }
  }
}

describe('a container of ours', function () {
  this.timeout(60_000)
  let server: Server
  let other: Server
  let run: Run
  let listener: NetServer
  let gateway = ''
  let otherAddress = ''
  const heard: string[] = []

  before(async function () {
    await serverOrSkip(testServers[1] ?? this.skip(), this)
    run = await openRun()
    const request = { major: 17, image: undefined, serverUrl: undefined, run }
    ;[server, other] = await Promise.all([docker.start(request), docker.start(request)])
    gateway = await inspected(server, '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}')
    otherAddress = await inspected(other, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')
    listener = createServer((socket: Socket) => {
      heard.push(String(socket.remoteAddress))
      socket.end()
    })
    await new Promise<void>((resolve) => listener.listen(0, '0.0.0.0', resolve))
  })

  after(async () => {
    listener?.close()
    await Promise.all([server?.stop(), other?.stop()])
    await run?.dispose()
  })

  async function inspected(of: Server, format: string): Promise<string> {
    const name = /docker exec -it (\S+)/.exec((await of.hints('postgres')).connect)?.[1] ?? ''
    return (await execa('docker', ['inspect', '-f', format, name])).stdout
  }

  async function query(sql: string): Promise<string> {
    return await withClient(server.connection('postgres'), async (client) => {
      const { rows } = await client.query<{ value: string }>(sql)
      return rows[0]?.value ?? ''
    })
  }

  /** The outcome of a connection attempt by a program that the server starts. */
  async function attempt(host: string, port: number, protocol = 'tcp'): Promise<string> {
    const program = `timeout 2 bash -c 'exec 3<>/dev/${protocol}/${host}/${port} && echo hello >&3' 2>&1; echo exit $?`
    return await query(
      `create temp table said (line text); copy said from program $program$${program}$program$; select string_agg(line, ' ') as value from said`,
    ).catch((error: Error) => error.message)
  }

  it('answers us, and itself', async () => {
    expect(server.egress).to.deep.equal({ blocked: true })
    expect(await query(`select 'here' as value`)).to.equal('here')
    const psql = await server.runTool('psql', ['-h', '127.0.0.1', '-Atc', 'select 7'], {
      database: 'postgres',
    })
    expect(psql).to.include({ exitCode: 0, stdout: '7\n' })
  })

  it('goes on answering whoever was connected before it was closed off', async () => {
    const environment = ['-e', 'POSTGRES_HOST_AUTH_METHOD=trust']
    const { stdout: id } = await execa('docker', ['run', '-d', ...environment, 'postgres:17'])
    try {
      const address = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
      const { stdout: host } = await execa('docker', ['inspect', '-f', address, id])
      const connection = { host, port: 5432, user: 'postgres', password: '', database: 'postgres' }
      const client = await connected(connection)
      const answer = client.query<{ value: string }>(`select 'late' as value from pg_sleep(2)`)
      const { dockerode } = (await dockerClient()).container
      const container = dockerode.getContainer(id)
      const egress = await blockEgress({
        docker: dockerode,
        container,
        image: 'postgres:17',
        name: `pg-rehearsal-${run.id}-early`,
        labels: { [runLabel]: run.id, [ownerLabel]: JSON.stringify(run.owner) },
      })
      expect(egress).to.deep.equal({ blocked: true })
      const late = setTimeout(() => client.connection.stream.destroy(), 8_000)
      expect((await answer).rows[0]?.value).to.equal('late')
      clearTimeout(late)
      await client.end()
    } finally {
      await execa('docker', ['rm', '-fv', id])
    }
  })

  it('reaches no listener of the host, no other container and no name server', async () => {
    const { port } = listener.address() as { port: number }
    const open = await execa('docker', [
      'run',
      '--rm',
      '--entrypoint',
      'bash',
      'postgres:17',
      '-c',
      `exec 3<>/dev/tcp/${gateway}/${port}`,
    ])
    expect(open.exitCode).to.equal(0)
    expect(heard).to.have.lengthOf(1)
    for (const [host, at] of [
      [gateway, port],
      [otherAddress, 5432],
      ['192.0.2.1', 443],
    ] as const) {
      expect(await attempt(host, at), host).not.to.match(/exit 0$/)
    }
    await query('create extension if not exists dblink')
    const dblink = await query(
      `select dblink_connect('host=${otherAddress} connect_timeout=2 user=postgres') as value`,
    ).catch((error: Error) => error.message)
    expect(dblink).to.match(/could not establish connection/)
    expect(await query(`select count(*)::text as value from pg_stat_activity`)).to.match(/\d/)
    expect(heard).to.have.lengthOf(1)
  })

  it('cannot lift that itself', async () => {
    const flush = await execa('docker', [
      'exec',
      '-u',
      'root',
      (await inspected(server, '{{.Name}}')).slice(1),
      'perl',
      '-e',
      'socket(my $s, 16, 3, 12) or die; bind($s, pack("SSLL", 16, 0, 0, 0)); send($s, pack("H*", "14000000020a0500000000000000000001000000"), 0); recv($s, my $b, 999, 0); print unpack("l", substr($b, 16, 4))',
    ])
    expect(flush.stdout).to.equal('-1')
  })
})
