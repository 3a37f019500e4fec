import { HarnessError, messageOf } from '../errors.ts'
import { dockerClient } from './docker-client.ts'
import { startContainer } from './docker-container.ts'
import { findEndpoint, type Endpoint } from './docker-endpoint.ts'
import { dockerFreezing } from './docker-freezing.ts'
import { ensureImage, imageAvailability, imageFor } from './docker-image.ts'
import { dockerServer } from './docker-server.ts'
import { freeOnEngine } from './docker-shelf.ts'
import { sweepContainers } from './docker-sweep.ts'
import type { Availability, Engine, Server, ServerRequest } from './engine.ts'

/** Postgres in a container of its own, in the image of the backup's major version, with that image's client tools. */
export const docker: Engine = {
  name: 'docker',
  description: "a container of the official Postgres image of the backup's major version",

  async probe(request: ServerRequest): Promise<Availability> {
    try {
      const client = await dockerClient()
      return await imageAvailability(client.container.dockerode, imageFor(request))
    } catch (error) {
      const remedy = error instanceof HarnessError ? error.hint : 'Restart Docker, or use --engine embedded.'
      return { available: false, reason: messageOf(error), remedy }
    }
  },

  async start(request: ServerRequest): Promise<Server> {
    const client = await dockerClient()
    const image = imageFor(request)
    await ensureImage(client, image)
    return dockerServer(
      image,
      await startContainer(client, image, request.run, {
        directory: request.data,
        settings: request.settings,
      }),
    )
  },

  freeBytes: freeOnEngine,

  async sweep(request): Promise<string[]> {
    const client = await dockerClient().catch((error: unknown) => messageOf(error))
    if (typeof client !== 'string') return await sweepContainers(client, request)
    // Where nobody named one, there was none to leave anything on.
    const named = await findEndpoint().then(isNamed, () => true)
    return named ? [`Nothing was looked for in Docker. ${client}`] : []
  },

  freezing: dockerFreezing,
}

function isNamed(endpoint: Endpoint | undefined): boolean {
  return endpoint !== undefined
}
