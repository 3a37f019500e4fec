import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { makeCertificates } from './remote-certificates.ts'
import { openNetwork, type TestNetwork } from './remote-network.ts'
import { startSsh } from './remote-ssh.ts'

/** A Docker engine of its own behind a network of its own, on this machine. */
export interface RemoteEngine {
  /** `10.203.1.2`. */
  readonly address: string
  readonly network: TestNetwork
  /** Variables that lead to it by TLS. */
  readonly tls: Readonly<Record<string, string>>
  /** Variables that lead to it by ssh; empty when it was made without. */
  readonly ssh: Readonly<Record<string, string>>
  /** Scratch space, with what `makeCertificates` makes. */
  readonly directory: string
  /** The docker command line on it, past the network. */
  docker(...args: string[]): Promise<string>
  /** Copies an image from the engine of this machine, past the network. */
  load(image: string): Promise<void>
  /** Ends it and removes all that it had. */
  dispose(): Promise<void>
}

export interface RemoteEngineRequest {
  /** Of letters and digits; several engines at a time need several. */
  readonly name: string
  /** Also an sshd, which lets in the variables `ssh` alone. */
  readonly ssh?: boolean
}

const programs = [
  'ip',
  'tc',
  'iptables',
  'nsenter',
  'openssl',
  'ssh',
  'ssh-keygen',
  '/usr/sbin/sshd',
  'dockerd',
]

/** Why no such engine can be made here; undefined when it can. */
export async function missingForRemoteEngine(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux'
  for (const program of programs) {
    const { exitCode } = await execa('sh', ['-c', 'command -v "$0"', program], { reject: false })
    if (exitCode !== 0) return `${program} is missing (packages iproute2, iptables, openssl, openssh-server)`
  }
  const { failed } = await execa('ip', ['netns', 'list'], { reject: false })
  return failed ? 'network namespaces cannot be listed' : undefined
}

/**
 * Starts a Docker engine in a network namespace, with its data on disk. It is reached at an address of its own, by TLS
 * and by ssh, through a link that can be slowed and cut.
 */
export async function remoteEngine({ name, ssh = false }: RemoteEngineRequest): Promise<RemoteEngine> {
  const directory = await mkdtemp(`/var/tmp/pgr-${name}-`)
  const network = await openNetwork(name)
  const undo: (() => Promise<unknown>)[] = [
    async () => await removeDirectory(directory),
    async () => await network.dispose(),
  ]
  const dispose = async () => {
    for (let next = undo.pop(); next !== undefined; next = undo.pop()) await next()
  }
  try {
    const { address } = network
    await makeCertificates(directory, address)
    const socket = `unix://${join(directory, 'docker.sock')}`
    const docker = async (...args: string[]) => (await execa('docker', ['--host', socket, ...args])).stdout
    undo.push(await startEngine(directory, network, socket))
    await untilAnswering(docker)
    undo.push(async () => await removeContainers(docker))
    const sshd = ssh ? await startSsh(directory, network, socket) : undefined
    if (sshd !== undefined) undo.push(sshd.stop)
    return {
      address,
      network,
      directory,
      tls: {
        DOCKER_HOST: `tcp://${address}:2376`,
        DOCKER_TLS_VERIFY: '1',
        DOCKER_CERT_PATH: join(directory, 'client'),
      },
      ssh: sshd?.variables ?? {},
      docker,
      load: async (image) => {
        await execa('sh', ['-c', 'docker save "$0" | docker --host "$1" load', image, socket])
      },
      dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Returns what ends it. Not by `ip netns exec`, which would hide the cgroups. */
async function startEngine(
  directory: string,
  network: TestNetwork,
  socket: string,
): Promise<() => Promise<void>> {
  await mkdir(join(directory, 'data'))
  const log = await open(join(directory, 'dockerd.log'), 'w')
  const tls = [
    '--tlsverify',
    '--tlscacert',
    'ca.pem',
    '--tlscert',
    'server.pem',
    '--tlskey',
    'server-key.pem',
  ]
  const places = ['--data-root', 'data', '--exec-root', 'exec', '--pidfile', 'docker.pid']
  const absolute = (words: string[]) =>
    words.map((word) => (word.startsWith('--') ? word : join(directory, word)))
  const hosts = ['--host', socket, '--host', `tcp://${network.address}:2376`]
  const words = [...network.inside, 'dockerd', ...hosts, ...absolute([...tls, ...places])]
  const dockerd = execa(words[0] ?? '', words.slice(1), {
    stdin: 'ignore',
    stdout: { file: join(directory, 'dockerd.log') },
    stderr: { file: join(directory, 'dockerd.log') },
    reject: false,
    detached: true,
  })
  await log.close()
  return async () => {
    dockerd.kill('SIGTERM')
    await dockerd
  }
}

async function untilAnswering(docker: RemoteEngine['docker']): Promise<void> {
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      return void (await docker('version'))
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(200)
    }
  }
}

/** Before the engine ends: it would wait for each of them. */
async function removeContainers(docker: RemoteEngine['docker']): Promise<void> {
  const ids = (await docker('ps', '--all', '--quiet')).split('\n').filter((id) => id !== '')
  if (ids.length > 0) await docker('rm', '--force', '--volumes', ...ids)
}

/** What the engine mounted in its directory first. */
async function removeDirectory(directory: string): Promise<void> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '')
  for (const mount of mounts.filter((path) => path.startsWith(`${directory}/`)).toReversed())
    await execa('umount', [mount], { reject: false })
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}
