import { HarnessError } from '../errors.ts'
import { readFromContainer } from './docker-archive.ts'
import { answerWithinMs, dockerClient } from './docker-client.ts'
import { cloneOf } from './docker-clone.ts'
import { passwordFile, removeContainer, startContainer } from './docker-container.ts'
import type { PostgresContainer } from './docker-container.ts'
import { execInContainer } from './docker-exec.ts'
import { ensureImage, imageFor, inspectImage } from './docker-image.ts'
import { dockerServer } from './docker-server.ts'
import { dockerShelf } from './docker-shelf.ts'
import { createVolume, removeVolume } from './docker-volumes.ts'
import type { FreezableServer, Freezing, Frozen, ServerRequest } from './engine.ts'
import { cleanDigest, controlFile, neededLog, passwordName } from './frozen-data.ts'

/** Writing what is in memory to disk at the end. */
const stopWithinMs = 120_000

/** Data directories in volumes of the engine's own, on its machine; clones are overlays of them. */
export const dockerFreezing: Freezing = {
  async identity(request: ServerRequest): Promise<string> {
    const client = await dockerClient()
    const image = imageFor(request)
    await ensureImage(client, image)
    return `docker ${(await inspectImage(client, image)).id}`
  },

  async start(request: ServerRequest): Promise<FreezableServer> {
    const client = await dockerClient()
    const image = imageFor(request)
    await ensureImage(client, image)
    const { dataDirectory } = await inspectImage(client, image)
    const { name: volume } = await createVolume(client, { role: 'data', run: request.run })
    let frozen: Promise<Frozen> | undefined
    const discard = async () => {
      if (frozen === undefined) await removeVolume(client, volume)
    }
    try {
      const data = { mounts: [{ source: volume, target: dataDirectory }] }
      const container = await startContainer(client, image, request.run, {
        data,
        directory: request.data,
        settings: request.settings,
      })
      const server = dockerServer(image, container, discard)
      const freezing = async () => {
        const connection = server.connection('postgres')
        return await freeze({ ...container, connection }, dataDirectory, volume)
      }
      return { ...server, freeze: async () => await (frozen ??= freezing()) }
    } catch (error) {
      await discard()
      throw error
    }
  },

  clone: async (frozen, request) => await cloneOf(await dockerClient(), frozen, request),

  async discard({ place }: Frozen): Promise<void> {
    await removeVolume(await dockerClient(), place)
  },

  shelf: dockerShelf,
}

async function freeze(container: PostgresContainer, directory: string, volume: string): Promise<Frozen> {
  const bytes = await prepare(container, directory)
  const { handle } = container
  // Fast shutdown. `docker stop` would leave the signal to the image.
  await handle.kill({ signal: 'SIGINT', abortSignal: AbortSignal.timeout(answerWithinMs) })
  await handle.wait({ abortSignal: AbortSignal.timeout(stopWithinMs) })
  const { content } = await readFromContainer(handle, `${directory}/${controlFile}`)
  const controlDigest = cleanDigest(content)
  await removeContainer(handle)
  return { place: volume, controlDigest, bytes }
}

/** Leaves the password with the data and the log's spare segments out; returns the bytes that the data takes. */
async function prepare({ handle, connection }: PostgresContainer, directory: string): Promise<number> {
  const script = `
    cd "$1" || exit
    for segment in pg_wal/????????????????????????; do
      name=\${segment#pg_wal/}
      { [ "$name" \\< "$2" ] || [ "$name" \\> "$3" ]; } && rm -f "$segment"
    done
    umask 077 && cat "$0" > "$4" && du -sk . | cut -f1`
  const { first, last } = await neededLog(connection)
  const argv = ['sh', '-c', script, passwordFile, directory, first, last, passwordName]
  const { exitCode, stdout, stderr } = await execInContainer(handle, { argv })
  const bytes = Number(stdout.trim()) * 1024
  if (exitCode === 0 && bytes > 0) return bytes
  throw new HarnessError('freeze-failed', `The restored data could not be frozen: ${stderr.trim()}`, {
    hint: 'The Docker host may be out of disk. Free some space and run it again.',
  })
}
