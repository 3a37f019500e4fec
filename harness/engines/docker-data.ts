import { Readable } from 'node:stream'
import type { Container } from 'dockerode'
import { HarnessError } from '../errors.ts'
import { askEngine } from './docker-client.ts'
import { execInContainer } from './docker-exec.ts'
import type { DataDirectory } from './data-directory.ts'
import { leftOut, ownFiles } from './own-files.ts'
import { takeOver, takeOverError } from './take-over.ts'
import type { SingleUserSession } from './take-over.ts'
import { tarStream } from './tar-stream.ts'
import type { ToolResult } from './engine.ts'
import type Dockerode from 'dockerode'

const readyFile = '/tmp/pg-rehearsal-ready'

/** An entrypoint that waits until the data directory is filled, and then does what the image's own does. */
export async function waitingEntrypoint(docker: Dockerode, image: string): Promise<string[]> {
  const { Config } = (await askEngine(docker, `/images/${image}/json`)) as {
    Config: { Entrypoint: string[] | null; Cmd: string[] | null }
  }
  const script = `mkdir -p "$PGDATA" && chown postgres "$PGDATA" && chmod 700 "$PGDATA"
    until [ -e ${readyFile} ]; do sleep 0.1; done
    exec "$@"`
  return ['sh', '-c', script, 'sh', ...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])]
}

/**
 * Streams the files into the waiting container, lets `pg_verifybackup` look at them where there is one and a manifest,
 * makes `postgres` ours and lets the server start. Needs no mount, so the engine may be on another machine.
 */
export async function fillContainer(
  container: Container,
  data: DataDirectory,
  password: string,
): Promise<void> {
  await requireMajor(container, data.major)
  const directory = (await shell(container, 'echo "$PGDATA"')).stdout.trim()
  const secrets: string[] = []
  const files = ownFiles(data, configuration, (path) => void secrets.push(path))
  const unpacked = await execInContainer(
    container,
    { argv: ['tar', '-x', '-f', '-', '-C', directory] },
    { stdin: Readable.from(tarStream(files), { objectMode: false }) },
  )
  if (unpacked.exitCode !== 0) throw takeOverError(unpacked.stderr, data.major)
  await verify(container, directory, [...leftOut, ...secrets])
  const session: SingleUserSession = async (args, statements) => {
    const stdin = Readable.from([Buffer.from(statements)])
    const { exitCode, stdout, stderr } = await execInContainer(
      container,
      { argv: ['postgres', ...args] },
      { stdin },
    )
    return { exitCode, output: stdout + stderr }
  }
  await takeOver(session, directory, data, password)
  await shell(container, `touch ${readyFile}`)
}

/** Over the network with the password, inside the container as in the official image without. */
const configuration = {
  settings: "listen_addresses = '*'",
  access: 'local all postgres trust\nhost all postgres all scram-sha-256\n',
}

async function requireMajor(container: Container, major: number): Promise<void> {
  const { stdout } = await execInContainer(container, { argv: ['postgres', '--version'] })
  const actual = /\b(\d+)(?:\.\d+|devel|beta|rc)/.exec(stdout)?.[1]
  if (actual === String(major)) return
  throw new HarnessError(
    'basebackup-major',
    `The base backup is of Postgres ${major} and starts on no other; the image has ${stdout.trim()}.`,
    { hint: `Leave out --image, or name one with Postgres ${major}.` },
  )
}

async function verify(container: Container, directory: string, ignored: readonly string[]): Promise<void> {
  const script = `[ -e "$0/backup_manifest" ] && command -v pg_verifybackup >/dev/null || exit 0
    exec pg_verifybackup --exit-on-error --quiet "$@" "$0"`
  const options = ignored.map((path) => `--ignore=${path}`)
  const { exitCode, stderr } = await execInContainer(container, {
    argv: ['sh', '-c', script, directory, ...options],
  })
  if (exitCode === 0) return
  throw new HarnessError(
    'backup-corrupt',
    `pg_verifybackup finds the base backup damaged: ${stderr.trim()}`,
    {
      hint: 'Copy the backup again in binary mode, or take a new one.',
    },
  )
}

async function shell(container: Container, script: string): Promise<ToolResult> {
  return await execInContainer(container, { argv: ['sh', '-c', script] })
}
