import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, open, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import type { TestNetwork } from './remote-network.ts'

export interface TestSsh {
  /** DOCKER_HOST, and a PATH on which `ssh` knows the key and the machine. */
  readonly variables: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** An sshd in the network, for a key of its own, behind which `docker` means the engine at `socket`. */
export async function startSsh(directory: string, network: TestNetwork, socket: string): Promise<TestSsh> {
  const at = (name: string) => join(directory, name)
  for (const key of ['host-key', 'user-key'])
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)])
  const config = [
    'Port 22',
    `ListenAddress ${network.address}`,
    `HostKey ${at('host-key')}`,
    `AuthorizedKeysFile ${at('user-key.pub')}`,
    `PidFile ${at('sshd.pid')}`,
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    `SetEnv DOCKER_HOST=${socket} PATH=/usr/local/bin:/usr/bin:/bin`,
  ]
  await writeFile(at('sshd_config'), `${config.join('\n')}\n`)
  await mkdir('/run/sshd', { recursive: true })
  const words = [...network.inside, '/usr/sbin/sshd', '-D', '-e', '-f', at('sshd_config')]
  const log = await open(at('sshd.log'), 'w')
  // Its own descriptor: a pipe would be held by every session that outlives it.
  const sshd = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'ignore', log.fd], detached: true })
  const ended = once(sshd, 'exit')
  await log.close()
  await untilListening(network.address)
  return {
    variables: {
      DOCKER_HOST: `ssh://root@${network.address}`,
      PATH: `${await client(directory, network.address)}:${process.env['PATH']}`,
    },
    stop: async () => {
      sshd.kill('SIGTERM')
      await ended
    },
  }
}

/** OpenSSH reads the user's own files, whatever HOME says; so the test's are named on its command line. */
async function client(directory: string, address: string): Promise<string> {
  const at = (name: string) => join(directory, name)
  const bin = at('bin')
  await mkdir(bin)
  const { stdout: key } = await execa('cut', ['-d', ' ', '-f', '1,2', at('host-key.pub')])
  await writeFile(at('known_hosts'), `${address} ${key}\n`)
  const lines = ['Host *', `UserKnownHostsFile ${at('known_hosts')}`, `IdentityFile ${at('user-key')}`]
  await writeFile(at('ssh_config'), `${[...lines, 'IdentitiesOnly yes'].join('\n  ')}\n`)
  await writeFile(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${at('ssh_config')} "$@"\n`)
  await chmod(join(bin, 'ssh'), 0o755)
  return bin
}

async function untilListening(address: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const socket = connect(22, address, () => resolve(true)).on('error', () => resolve(false))
    const answers = await promise
    socket.destroy()
    if (answers) return
    await sleep(50)
  }
  throw new Error(`sshd does not listen at ${address}`)
}
