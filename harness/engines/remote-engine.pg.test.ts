import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from '../docs.ts'
import type { Rehearsal } from '../rehearsal.ts'
import { missingEngine, runProgram, startProgram, type ProgramResult } from '../testing/program.ts'
import { missingForRemoteEngine, remoteEngine, type RemoteEngine } from '../testing/remote-engine.ts'

const missing = (await missingForRemoteEngine()) ?? (await missingEngine('docker'))

describe(`an engine on another machine${missing === undefined ? '' : ` (skipped: ${missing})`}`, function () {
  this.timeout(300_000)
  let engine: RemoteEngine

  before(async function () {
    if (missing !== undefined) this.skip()
    engine = await remoteEngine({ name: 'test', ssh: true })
    await engine.load('postgres:17')
    await engine.network.slow(20, 0.5)
  })

  after(async () => await engine?.dispose())

  it('comes to the same by TLS and by ssh as one on this machine, over a network that delays and loses', async () => {
    const [local, tls, ssh] = await Promise.all([{}, engine.tls, engine.ssh].map(example))
    if (local === undefined || tls === undefined || ssh === undefined) throw new Error('a run is missing')
    expect(local.exitCode, local.stdout).to.equal(0)
    expect(outcomeOf(tls), tls.stdout).to.deep.equal(outcomeOf(local))
    expect(outcomeOf(ssh), ssh.stdout).to.deep.equal(outcomeOf(local))
    const limits = [tls, ssh].map(({ rehearsal }) => rehearsal?.limits.join('\n') ?? '')
    expect(limits[0]).to.include(`tcp://${engine.address}:2376 (DOCKER_HOST)`).and.to.include('unencrypted')
    expect(limits[1]).to.include(`ssh://root@${engine.address}`).and.not.to.include('unencrypted')
    expect(await left()).to.deep.equal([])
  })

  it('is left within a bounded time when it is cut off, and what was left on it is removed once it is back', async () => {
    const running = example(engine.tls)
    while (!(await left()).some((name) => name.startsWith('pg-rehearsal-r'))) await sleep(100)
    const cutAt = Date.now()
    await engine.network.cut()
    const { exitCode, rehearsal, stdout } = await running.finally(engine.network.heal)
    expect(Date.now() - cutAt, 'ms from the cut to the end').to.be.below(60_000)
    expect(exitCode, stdout).to.equal(2)
    const finding = rehearsal?.findings.find(({ id }) => id === 'engine-lost')
    expect(finding?.message ?? stdout).to.include(`tcp://${engine.address}:2376 (DOCKER_HOST) was lost`)
    expect(finding?.remedy).to.include('rehearse clean').and.to.include('DOCKER_CERT_PATH=')
    expect((await left()).length).to.be.above(0)
    // Whatever looks at the engine first sweeps it.
    await startProgram(['clone', 'ls'], { cwd: packageFile(''), env: { ...engine.tls } })
    expect(await left()).to.deep.equal([])
  })

  const refusals: readonly {
    readonly of: string
    readonly env: () => Promise<Record<string, string>>
    readonly says: RegExp
  }[] = [
    {
      of: 'an expired certificate of ours',
      env: async () => ({ ...engine.tls, DOCKER_CERT_PATH: join(engine.directory, 'expired') }),
      says: /expired\/cert\.pem expired on .*DOCKER_CERT_PATH/s,
    },
    {
      of: 'certificates that are not there',
      env: async () => ({ ...engine.tls, DOCKER_CERT_PATH: join(engine.directory, 'nowhere') }),
      says: /nowhere\/ca\.pem cannot be read: ENOENT/,
    },
    {
      of: 'an engine whose certificate another authority signed',
      env: async () => ({ ...engine.tls, DOCKER_CERT_PATH: await otherAuthority(engine.directory) }),
      says: /its certificate is not signed by ca\.pem/,
    },
    {
      of: 'a machine that ssh does not know',
      env: async () => {
        await writeFile(join(engine.directory, 'known_hosts'), '')
        return { ...engine.ssh }
      },
      says: /Host key verification failed.*known_hosts/s,
    },
    {
      of: 'a context that does not exist',
      env: async () => ({ DOCKER_CONTEXT: 'nowhere-at-all' }),
      says: /There is no Docker context nowhere-at-all in .*docker context create/s,
    },
  ]
  for (const { of, env, says } of refusals) {
    it(`is refused with the reason and a remedy for ${of}`, async () => {
      const args = ['run', '--engine', 'docker']
      const { exitCode, stdout } = await startProgram(args, { cwd: packageFile(''), env: await env() })
      expect(exitCode).to.equal(2)
      expect(stdout).to.match(says)
    })
  }

  /** Three at a time over a slow network: how long locks are held is no matter here, and would be judged. */
  async function example(env: Readonly<Record<string, string>>): Promise<ProgramResult> {
    const config = join(engine.directory, 'patient.config.ts')
    const text = `import base from ${JSON.stringify(packageFile('rehearsal.config.ts'))}
      export default { ...base, hazards: { errorStall: '10m' }, reports: {} }`
    await writeFile(config, text)
    const args = ['--config', config, '--engine', 'docker', '--snapshots', 'off']
    return await runProgram(args, { cwd: packageFile(''), env: { ...env } })
  }

  /** What of ours the engine has. */
  async function left(): Promise<string[]> {
    const containers = await engine.docker('ps', '--all', '--format', '{{.Names}}')
    const volumes = await engine.docker('volume', 'ls', '--quiet')
    return `${containers}\n${volumes}`.split('\n').filter((name) => name !== '')
  }
})

function outcomeOf({ exitCode, rehearsal }: ProgramResult) {
  const { verdict, findings = [], stages = [] } = rehearsal ?? ({} as Partial<Rehearsal>)
  return {
    exitCode,
    verdict,
    // How often a lock is held too long, and whether it is worth a warning, is a matter of milliseconds.
    findings: [...new Set(findings.map(({ id }) => id))].toSorted(),
    stages: stages.map(({ name, status }) => `${name} ${status}`),
  }
}

async function otherAuthority(directory: string): Promise<string> {
  const script =
    'mkdir other && cp client/*.pem other && openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=other -days 2 -out other/ca.pem'
  await execa('sh', ['-c', script], { cwd: directory })
  return join(directory, 'other')
}
