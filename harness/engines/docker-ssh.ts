import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { HarnessError, messageOf } from '../errors.ts'
import { openRun } from '../runs/open-run.ts'
import { tailOf } from '../runs/tail.ts'
import type { Endpoint } from './docker-endpoint.ts'
import type { Dialer } from './docker-link.ts'

/** Authenticating takes several round trips; a machine that is not there is waited for this long. */
const connectWithinS = 15

/**
 * Connections to an engine behind ssh, all within one that the machine's own `ssh` opens, with its configuration, keys
 * and known hosts: to the engine through `docker system dial-stdio`, as the docker command line does, and to the ports
 * that it publishes on its loopback through forwarding. ssh asks nothing: there may be nobody to answer. Throws
 * HarnessError `docker-ssh`.
 */
export async function sshDialer({ name, url }: Endpoint): Promise<Dialer> {
  const run = await openRun()
  const directory = join(run.directory, 's')
  await mkdir(directory, { mode: 0o700 })
  const socket = join(directory, 'c')
  const target = targetOf(url, socket)
  const forwards = new Map<number, Promise<string>>()
  const said = tailOf(16 * 1024)
  // A session that waits for us: when this program dies, however it does, the session ends, and ssh with it.
  const keeper = ssh(['-M', ...target, ...dialStdio(url)], said)
  if (keeper.pid !== undefined) run.track(keeper.pid)
  let closed = false
  const close = () => {
    closed = true
    keeper.kill('SIGTERM')
    rmSync(run.directory, { recursive: true, force: true })
  }
  process.once('exit', close)
  keeper.stdout.resume()
  const ended = endOf(keeper).then((how) => said.text().trim() || how)
  try {
    await untilThere(socket, keeper)
  } catch (error) {
    close()
    throw sshError(name, messageOf(error), said.text().trim())
  }
  hide(keeper)
  return {
    engine: () => duplexOf(ssh([...target, ...dialStdio(url)], said)),
    port: async (port) => {
      const forward = forwards.get(port) ?? forwardPort(port, directory, target)
      forwards.set(port, forward)
      return connect(await forward)
    },
    publishAddress: () => '127.0.0.1',
    lasting: (port) => ({ host: '127.0.0.1', port, tunnel: tunnelCommand(url, port) }),
    explain: (error) => {
      const { message, hint } = sshError(name, messageOf(error), said.text().trim())
      return { code: 'docker-ssh', why: message.replace(/^.*?\): /s, ''), hint }
    },
    ended: ended.then(async (why) => (closed ? await new Promise<string>(() => {}) : why)),
    close,
  }
}

/** The words of `ssh` that lead to the machine, through the connection that is open already. */
function targetOf(url: URL, socket: string): string[] {
  const options = {
    BatchMode: 'yes',
    ConnectTimeout: String(connectWithinS),
    ControlPersist: 'no',
    PermitLocalCommand: 'no',
    ServerAliveInterval: '5',
    ServerAliveCountMax: '3',
  }
  return [
    ...Object.entries(options).flatMap(([option, value]) => ['-o', `${option}=${value}`]),
    '-T',
    '-S',
    socket,
    ...machineWords(url),
  ]
}

function machineWords(url: URL): string[] {
  return [
    ...(url.port === '' ? [] : ['-p', url.port]),
    ...(url.username === '' ? [] : ['-l', decodeURIComponent(url.username)]),
    '--',
    url.hostname.replace(/^\[|\]$/g, ''),
  ]
}

function tunnelCommand(url: URL, port: number): string {
  return ['ssh', '-N', '-L', `${port}:127.0.0.1:${port}`, ...machineWords(url)].join(' ')
}

/** A path in the URL is that of the engine's socket over there. */
function dialStdio({ pathname }: URL): string[] {
  const host = /^\/?$/.test(pathname) ? [] : ['--host', `unix://${pathname}`]
  return ['docker', ...host, 'system', 'dial-stdio']
}

/** In a session of its own: Ctrl-C must not end what is still needed to remove everything. */
function ssh(words: readonly string[], said: { push(content: Buffer): void }): Ssh {
  const child = spawn('ssh', words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  child.on('error', (error) => said.push(Buffer.from(error.message)))
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {})
  return child
}

type Ssh = ChildProcessWithoutNullStreams

/** Resolves with the way in which it ended, or could not be started. */
async function endOf(child: Ssh): Promise<string> {
  const [code, signal] = (await once(child, 'close').catch((error: unknown) => [
    messageOf(error),
  ])) as unknown[]
  return `ssh ended with ${code ?? signal}`
}

async function untilThere(socket: string, keeper: Ssh): Promise<void> {
  const deadline = performance.now() + connectWithinS * 1_000
  const ended = endOf(keeper).then((how) => {
    throw new Error(how)
  })
  ended.catch(() => {})
  while (!existsSync(socket)) {
    await Promise.race([ended, sleep(20)])
    if (performance.now() > deadline) throw new Error(`no answer within ${connectWithinS} s`)
  }
}

async function forwardPort(port: number, directory: string, target: readonly string[]): Promise<string> {
  const path = join(directory, String(port))
  const words = ['-O', 'forward', '-L', `${path}:127.0.0.1:${port}`, ...target]
  const { exitCode, stderr, shortMessage } = await execa('ssh', words, { reject: false, stdin: 'ignore' })
  if (exitCode === 0) return path
  throw new Error(`ssh forwards no port: ${stderr.trim() || shortMessage}`)
}

/** As a socket for HTTP, whose agent wants to hold the program open for a request and not in between. */
function duplexOf(child: Ssh): Duplex {
  const duplex = Duplex.from({ readable: child.stdout, writable: child.stdin })
  duplex.once('close', () => child.kill('SIGTERM'))
  const hold = (held: boolean) => {
    for (const part of partsOf(child)) {
      if (held) part.ref()
      else part.unref()
    }
    return duplex
  }
  const same = () => duplex
  return Object.assign(duplex, {
    setTimeout: same,
    setNoDelay: same,
    setKeepAlive: same,
    ref: () => hold(true),
    unref: () => hold(false),
  })
}

function hide(child: Ssh): void {
  for (const part of partsOf(child)) part.unref()
}

interface Part {
  ref(): unknown
  unref(): unknown
}

/** Node's pipes to a child are sockets. */
function partsOf(child: Ssh): Part[] {
  return [child, child.stdin, child.stdout, child.stderr] as unknown as Part[]
}

const meanings: readonly (readonly [RegExp, string])[] = [
  [
    /HOST IDENTIFICATION HAS CHANGED/,
    'The machine shows another key than before: find out why before you remove the old one (`ssh-keygen -R HOST`).',
  ],
  [
    /Host key verification failed/,
    'The machine is not known: compare its key with what its administrator says, connect once with ssh by hand, or add it to known_hosts.',
  ],
  [
    /Permission denied \(|Too many authentication failures/,
    'Load the key into the agent (`ssh-add`) or name it in ~/.ssh/config; a key with a passphrase cannot be asked for here. Try `ssh -o BatchMode=yes HOST true`.',
  ],
  [
    /permission denied.*docker|docker.*permission denied/is,
    'Let that user use Docker there: add it to the group docker.',
  ],
  [
    /docker: (?:command )?not found|docker: No such file/i,
    'Install the docker command line there, where a non-interactive shell finds it.',
  ],
  [
    /Cannot connect to the Docker daemon|dial-stdio|daemon/i,
    'Start Docker there, or add the path of its socket to the URL: ssh://HOST/path/docker.sock.',
  ],
  [
    /Could not resolve|timed out|refused|No route|no answer|unreachable/i,
    'Check the name, the port and the network: `ssh HOST true`.',
  ],
  [/ENOENT/, "Install OpenSSH's client: the connection is its own."],
]

function sshError(name: string, message: string, said: string): HarnessError {
  // The warning about a machine's key is long; what matters is in its last lines.
  const why = said === '' ? message : said.split('\n').slice(-4).join(' ').trim()
  const text = `${said} ${message}`
  const hint =
    meanings.find(([pattern]) => pattern.test(text))?.[1] ?? 'Try `ssh HOST docker version` by hand.'
  return new HarnessError('docker-ssh', `No Docker engine answers at ${name}: ${why}`, { hint })
}
