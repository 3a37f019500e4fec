import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { dockerClient } from './docker-client.ts'
import { runLabel } from './docker-labels.ts'
import { docker } from './docker.ts'
import type { Availability } from './engine.ts'

const probed = await probeIn({})

describe(`docker after a SIGKILL${probed.available ? '' : ` (skipped: ${probed.reason})`}`, () => {
  for (const moment of ['created', 'ready'] as const) {
    it(`sweeps a container whose owner was killed when it was ${moment}`, async function () {
      if (!probed.available) this.skip()
      const child = program(
        'await docker.start(request); console.log("ready"); setInterval(() => {}, 1000)',
        {},
      )
      const id = await firstLine(child)
      if (moment === 'ready') await firstLine(child)
      else while ((await containersOf(id)) === 0) await sleep(5)
      child.kill('SIGKILL')
      await once(child, 'close')
      expect(await containersOf(id)).to.equal(1)
      const lines = await docker.sweep({ serverUrl: undefined, kept: false })
      expect(lines.join('\n')).to.include(id)
      expect(await containersOf(id)).to.equal(0)
    })
  }
})

describe(`docker over TCP${probed.available ? '' : ` (skipped: ${probed.reason})`}`, () => {
  it('feeds tools and reaches the server through the address in DOCKER_HOST', async function () {
    if (!probed.available) this.skip()
    const { container } = await dockerClient()
    const { socketPath } = container.dockerode.modem as { socketPath?: string }
    if (socketPath === undefined) this.skip()
    const proxy = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ path: socketPath, allowHalfOpen: true })
      for (const socket of [near, far]) socket.on('error', () => {})
      near.pipe(far).pipe(near)
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    try {
      const { port } = proxy.address() as AddressInfo
      const answer = await answerOf(
        `await (async () => {
          const { Readable } = await import('node:stream')
          const server = await docker.start(request)
          const stdin = Readable.from(['select 1; ', 'select 2;'])
          const result = await server.runTool('psql', ['-At'], { database: 'postgres', stdin })
          await server.stop()
          return [server.connection('postgres').host, result]
        })()`,
        { DOCKER_HOST: `tcp://127.0.0.1:${port}` },
      )
      expect(answer).to.deep.equal(['127.0.0.1', { exitCode: 0, stdout: '1\n2\n', stderr: '' }])
    } finally {
      proxy.close()
    }
  })
})

describe('without a Docker engine, docker', () => {
  it('says so within seconds, with a remedy, and that nothing could be swept', async () => {
    const startedAt = Date.now()
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' }
    const { available, ...words } = await probeIn(env)
    expect(available).to.equal(false)
    expect(JSON.stringify(words)).to.include('tcp://127.0.0.1:1').and.to.include('--engine embedded')
    const lines = await answerOf('await docker.sweep({ serverUrl: undefined, kept: true })', env)
    expect(String(lines)).to.match(/^Nothing was looked for in Docker.*tcp:\/\/127\.0\.0\.1:1/)
    expect(Date.now() - startedAt).to.be.below(10_000)
  })

  it('does not take another engine for the one that DOCKER_HOST names', async () => {
    const answer = await probeIn({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })
    expect(answer).to.include({ available: false })
  })

  it('does not wait for an engine that never answers, nor hold the program open', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    try {
      const startedAt = Date.now()
      const { port } = silent.address() as AddressInfo
      const answer = await probeIn({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })
      expect(answer).to.include({ available: false })
      expect(JSON.stringify(answer)).to.include('no answer within 10 s')
      expect(Date.now() - startedAt).to.be.below(17_000)
    } finally {
      silent.close()
    }
  })
})

async function probeIn(env: NodeJS.ProcessEnv): Promise<Availability> {
  return (await answerOf('await docker.probe(request)', env)) as Availability
}

/** What an expression comes to in a program of its own, which must end by itself. */
async function answerOf(expression: string, env: NodeJS.ProcessEnv): Promise<unknown> {
  const child = program(`console.log(JSON.stringify(${expression})); await run.dispose()`, env)
  await firstLine(child)
  const answer = await firstLine(child)
  const [exitCode] = (await once(child, 'close')) as [number]
  expect(exitCode).to.equal(0)
  return JSON.parse(answer)
}

function program(body: string, env: NodeJS.ProcessEnv) {
  const source = `
    import { docker } from ${JSON.stringify(new URL('docker.ts', import.meta.url).href)}
    import { openRun } from ${JSON.stringify(new URL('../runs/open-run.ts', import.meta.url).href)}
    const run = await openRun()
    const request = { major: 17, image: undefined, serverUrl: undefined, run }
    console.log(run.id)
    ${body}`
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A program that does not end by itself must fail its test, not hang it.
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
}

/** The next line that the program writes. */
async function firstLine(child: ReturnType<typeof program>): Promise<string> {
  let text = ''
  for (;;) {
    const chunk: Buffer | null = child.stdout.read()
    if (chunk === null) {
      await Promise.race([once(child.stdout, 'readable'), once(child.stdout, 'end')])
      if (child.stdout.readableEnded) throw new Error(`ended after ${JSON.stringify(text)}`)
      continue
    }
    text += chunk.toString()
    const end = text.indexOf('\n')
    if (end === -1) continue
    if (end < text.length - 1) child.stdout.unshift(Buffer.from(text.slice(end + 1)))
    return text.slice(0, end)
  }
}

async function containersOf(runId: string): Promise<number> {
  const { container } = await dockerClient()
  const filters = { label: [`${runLabel}=${runId}`] }
  return (await container.dockerode.listContainers({ all: true, filters })).length
}
