import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from '../docs.ts'
import { missingEngine, runProgram } from '../testing/program.ts'

const missing = await missingPodman()

describe(`podman's socket${missing === undefined ? '' : ` (skipped: ${missing})`}`, function () {
  this.timeout(120_000)

  it('carries the worked example, and nothing is left', async function () {
    if (missing !== undefined) this.skip()
    await withPodman(async (podman, socket, directory) => {
      const image = ['sh', '-c', 'docker save postgres:17 | "$@" load', 'sh', ...podman]
      await execa(image[0] ?? '', image.slice(1))
      const config = join(directory, 'patient.config.ts')
      const text = `import base from ${JSON.stringify(packageFile('rehearsal.config.ts'))}
        export default { ...base, hazards: { errorStall: '10m' }, reports: {} }`
      await writeFile(config, text)
      const args = ['--config', config, '--engine', 'docker', '--snapshots', 'off']
      const env = { DOCKER_HOST: `unix://${socket}` }
      const { exitCode, stdout } = await runProgram(args, { cwd: packageFile(''), env })
      expect(exitCode, stdout).to.equal(0)
      for (const list of [
        ['ps', '--all'],
        ['volume', 'ls'],
      ]) {
        const left = await execa(podman[0] ?? '', [...podman.slice(1), ...list, '--quiet'])
        expect(left.stdout).to.equal('')
      }
    })
  })
})

async function missingPodman(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a podman of its own needs root'
  const { failed } = await execa('podman', ['--version'], { reject: false })
  return failed ? 'podman is missing (package podman)' : await missingEngine('docker')
}

/** With storage of its own; and with limits that it may set, where it may set no higher ones. */
async function withPodman(
  work: (podman: readonly string[], socket: string, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp('/var/tmp/pgr-podman-')
  const socket = join(directory, 'podman.sock')
  const limits = join(directory, 'containers.conf')
  await writeFile(limits, '[containers]\ndefault_ulimits = ["nofile=10000:10000", "nproc=4000:4000"]\n')
  const podman = ['podman', '--root', join(directory, 'root'), '--runroot', join(directory, 'run')]
  const words = [...podman.slice(1), 'system', 'service', '--time=0', `unix://${socket}`]
  const env = { ...process.env, CONTAINERS_CONF: limits }
  const service = spawn('podman', words, { stdio: 'ignore', env })
  const ended = once(service, 'exit')
  try {
    while (!existsSync(socket) && service.exitCode === null) await sleep(50)
    await work(podman, socket, directory)
  } finally {
    await execa('podman', [...podman.slice(1), 'rm', '--all', '--force'], { reject: false })
    service.kill('SIGTERM')
    await ended
    await execa('podman', [...podman.slice(1), 'rmi', '--all', '--force'], { reject: false })
    // For five minutes each command that was run in a container has a process that would then clean up after it.
    const { stdout } = await execa('pgrep', ['-f', directory], { reject: false })
    for (const pid of stdout.split('\n').filter((text) => text !== '')) process.kill(Number(pid), 'SIGKILL')
    await execa('umount', [join(directory, 'root/overlay')], { reject: false })
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}
