import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Container } from 'dockerode'
import { execa } from 'execa'
import { dockerClient, engineLink, engineWords } from '../engines/docker-client.ts'
import { removeContainer } from '../engines/docker-container.ts'
import { execInContainer } from '../engines/docker-exec.ts'
import { ensureImage, imageFor } from '../engines/docker-image.ts'
import { labelsOf } from '../engines/docker-labels.ts'
import { HarnessError } from '../errors.ts'
import type { Run } from '../runs/run.ts'
import type { DumpTool } from './dump-tool.ts'
import { dumpArguments, dumpFailed, libpqVariables } from './pg-dump.ts'
import type { Source } from './source.ts'

/** Where the dump lies in the container until it is taken out. */
const inside = '/tmp/dump'

/**
 * The pg_dump of the official image, in a container that runs nothing else and uses the network of the engine's host,
 * so that `localhost` is the same there. Throws HarnessError when there is no engine or no image, and for certificates,
 * which are not there.
 */
export async function containerTool(source: Source, major: number, run: Run): Promise<DumpTool> {
  if (source.tls.mode.startsWith('verify') || source.tls.certificate !== undefined) {
    throw new HarnessError('no-certificates', 'the certificates of the URL are not in a container', {
      hint: `Install postgresql-client-${major} for them.`,
    })
  }
  const client = await dockerClient()
  requireReachable(source)
  const image = imageFor({ image: undefined, major })
  await ensureImage(client, image)
  const container = await start(client.container.dockerode, image, run)
  try {
    const { stdout } = await execInContainer(container, { argv: ['pg_dump', '--version'] })
    return {
      version: /\d+(\.\d+)*/.exec(stdout)?.[0] ?? String(major),
      from: image,
      dump: async (directory, request) => {
        const argv = ['sh', '-c', script, 'pg_dump', ...dumpArguments(inside, request)]
        // The password comes through the pipe: an argument or a variable would be in `docker inspect`.
        const stdin = Readable.from([`${source.connection.password}\n`])
        const { signal } = request
        const result = await execInContainer(
          container,
          { argv, env: libpqVariables(source) },
          { stdin, signal },
        )
        if (result.exitCode !== 0) throw dumpFailed(source, `code ${result.exitCode}`, result.stderr)
        await takeOut(container, directory, signal)
      },
      close: async () => void (await removeContainer(container)),
    }
  } catch (error) {
    await removeContainer(container).catch(() => {})
    throw error
  }
}

/** What is `localhost` there is another server, or none. */
function requireReachable({ connection: { host } }: Source): void {
  const link = engineLink()
  if (link === undefined || !/^(?:localhost|127\.|::1$|\/)/i.test(host)) return
  throw new HarnessError(
    'no-pg-dump',
    `${host} is this machine, and the Docker engine with pg_dump is another: ${link.endpoint.name}`,
    {
      hint: 'Install the PostgreSQL client programs here, or name the server by an address that both can reach.',
    },
  )
}

const script = 'IFS= read -r PGPASSWORD && export PGPASSWORD && exec pg_dump "$@"'

type Docker = Awaited<ReturnType<typeof dockerClient>>['container']['dockerode']

async function start(docker: Docker, image: string, run: Run): Promise<Container> {
  const container = await docker.createContainer({
    name: `pg-rehearsal-${run.id}-${randomBytes(3).toString('hex')}`,
    Image: image,
    Entrypoint: ['sleep', 'infinity'],
    Labels: await labelsOf(docker, run),
    HostConfig: { NetworkMode: 'host', Init: true },
    abortSignal: AbortSignal.timeout(60_000),
  })
  try {
    await container.start({ abortSignal: AbortSignal.timeout(60_000) })
    return container
  } catch (cause) {
    await removeContainer(container).catch(() => {})
    throw new HarnessError('docker-start-failed', `Image ${image} does not start: ${engineWords(cause)}`, {
      hint: `Try \`docker run --rm ${image} pg_dump --version\`.`,
      cause,
    })
  }
}

/** Unpacks the dump here, without a folder level more. */
async function takeOut(container: Container, directory: string, signal: AbortSignal): Promise<void> {
  await mkdir(directory, { mode: 0o700 })
  const stream = await container.getArchive({ path: `${inside}/.`, abortSignal: signal })
  const unpacking = await execa('tar', ['-xf', '-', '-C', directory, '--no-same-owner'], {
    input: Readable.from(stream, { objectMode: false }),
    reject: false,
    cancelSignal: signal,
  })
  signal.throwIfAborted()
  if (unpacking.exitCode === 0) return
  throw new HarnessError(
    'dump-failed',
    `The dump could not be taken out of its container: ${unpacking.stderr || unpacking.shortMessage}`,
    {
      hint: 'See whether the disk is full and `tar` is on PATH.',
    },
  )
}
