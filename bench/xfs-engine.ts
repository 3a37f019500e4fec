import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'

const bridge = 'rehearsal-xfs'
const readyWithinMs = 30_000

/**
 * Runs `work` with a Docker engine of its own that keeps its data on XFS with reflink, in a file of `directory` of up to
 * `bytes`; it has the image `postgres:17` of the engine that is there. The engine has its own bridge and leaves
 * iptables alone, so that the other one goes on undisturbed. All of it is gone afterwards, whatever happens.
 */
export async function withXfsEngine(
  directory: string,
  bytes: number,
  work: (dockerHost: string) => Promise<void>,
): Promise<void> {
  const [image, root, state] = ['xfs.img', 'root', 'state'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  const undo: (() => Promise<unknown>)[] = []
  const undoAll = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop())
      await step().catch((error: unknown) => console.error(String(error)))
  }
  const onSignal = () => void undoAll().then(() => process.exit(130))
  // Not `once`: execa takes a signal that nobody listens to any more for one that is to end the program.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  try {
    const file = await open(image, 'w')
    await file.truncate(bytes)
    await file.close()
    undo.push(() => rm(image))
    await execa('mkfs.xfs', ['-q', '-m', 'reflink=1', image])
    await Promise.all([mkdir(root), mkdir(state)])
    await execa('mount', ['-o', 'loop', image, root])
    undo.push(() => execa('umount', ['--recursive', root]))
    await execa('ip', ['link', 'add', bridge, 'type', 'bridge'])
    undo.push(() => execa('ip', ['link', 'del', bridge]))
    await execa('ip', ['address', 'add', '172.31.213.1/24', 'dev', bridge])
    await execa('ip', ['link', 'set', bridge, 'up'])
    await writeFile(join(state, 'daemon.json'), '{}')
    const host = `unix://${join(state, 'docker.sock')}`
    const daemon = execa(
      'dockerd',
      [...daemonArguments(root, state), `--host=${host}`, `--bridge=${bridge}`],
      {
        reject: false,
        all: true,
        buffer: false,
      },
    )
    undo.push(async () => {
      daemon.kill('SIGTERM')
      await daemon
    })
    await Promise.race([untilReady(host), daemon.then(({ all }) => Promise.reject(new Error(all)))])
    await execa('docker', ['--host', host, 'load', '--quiet'], {
      stdin: execa('docker', ['save', 'postgres:17'], { buffer: false }).stdout,
    })
    await work(host)
  } finally {
    await undoAll()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, onSignal)
  }
}

function daemonArguments(root: string, state: string): string[] {
  return [
    `--data-root=${root}`,
    `--exec-root=${join(state, 'exec')}`,
    `--pidfile=${join(state, 'docker.pid')}`,
    '--storage-driver=overlay2',
    '--iptables=false',
    '--ip6tables=false',
    `--config-file=${join(state, 'daemon.json')}`,
  ]
}

async function untilReady(host: string): Promise<void> {
  const deadline = Date.now() + readyWithinMs
  for (;;) {
    const { exitCode } = await execa('docker', ['--host', host, 'version'], { reject: false })
    if (exitCode === 0) return
    if (Date.now() > deadline) throw new Error(`The second Docker engine did not answer at ${host}.`)
    await sleep(200)
  }
}
