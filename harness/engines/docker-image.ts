import type Dockerode from 'dockerode'
import type { ContainerRuntimeClient } from 'testcontainers'
import { HarnessError } from '../errors.ts'
import { askEngine, engineWords, within } from './docker-client.ts'
import type { Availability, ServerRequest } from './engine.ts'

/** The Postgres major that is run when nothing says otherwise. */
export const defaultMajor = 17

/** A registry may be slow to answer, and a pull of some 150 MB slow to arrive. */
const registryWithinMs = 10_000
const pullWithinMs = 10 * 60_000

/** The image that serves a request: its own, else the official image of its major. */
export function imageFor(request: Pick<ServerRequest, 'image' | 'major'>): string {
  return request.image ?? `postgres:${request.major ?? defaultMajor}`
}

/** Whether the engine has the image or its registry would hand it out; pulls nothing. */
export async function imageAvailability(docker: Dockerode, image: string): Promise<Availability> {
  const { name, engine } = await names(docker, image)
  if (await isLocal(docker, name)) return { available: true, detail: `${engine}, image ${name} is there` }
  try {
    if ((await askEngine(docker, `/distribution/${name}/json`, registryWithinMs)) !== undefined) {
      return { available: true, detail: `${engine}, image ${name} will be pulled` }
    }
    return unavailable(name, 'its registry has no such image')
  } catch (error) {
    return unavailable(name, engineWords(error))
  }
}

/** Pulls the image unless it is there. Throws HarnessError `docker-image-missing` when it cannot, or not in 10 minutes. */
export async function ensureImage(client: ContainerRuntimeClient, image: string): Promise<void> {
  const { ImageName } = await import('testcontainers')
  const name = ImageName.fromString(image)
  const docker = client.container.dockerode
  if (await isLocal(docker, name.string)) return
  const pulled = client.image.pull(name, { force: true, platform: undefined })
  const failure = await within(pullWithinMs, pulled).then(() => undefined, engineWords)
  // A pull that fails half-way ends like one that does not.
  if (failure === undefined && (await isLocal(docker, name.string))) return
  throw missing(name.string, failure ?? 'the engine does not have it afterwards')
}

/** The image's digest, and where it has its data directory. */
export async function inspectImage(
  { container }: ContainerRuntimeClient,
  image: string,
): Promise<{ id: string; dataDirectory: string }> {
  const { name } = await names(container.dockerode, image)
  const found = (await askEngine(container.dockerode, `/images/${name}/json`)) as ImageFacts | undefined
  if (found === undefined) throw missing(name, 'the engine does not have it')
  const variable = found.Config.Env?.find((text) => text.startsWith('PGDATA='))
  return { id: found.Id, dataDirectory: variable?.slice('PGDATA='.length) ?? '/var/lib/postgresql/data' }
}

interface ImageFacts {
  readonly Id: string
  readonly Config: { readonly Env?: readonly string[] }
}

async function isLocal(docker: Dockerode, name: string): Promise<boolean> {
  return (await askEngine(docker, `/images/${name}/json`)) !== undefined
}

async function names(docker: Dockerode, image: string): Promise<{ name: string; engine: string }> {
  const { ImageName } = await import('testcontainers')
  const version = (await askEngine(docker, '/version')) as { Version?: string } | undefined
  return { name: ImageName.fromString(image).string, engine: `Docker ${version?.Version ?? 'engine'}` }
}

function unavailable(name: string, why: string): Availability {
  return {
    available: false,
    reason: `Docker has no image ${name} and cannot pull it: ${why}`,
    remedy: remedyFor(name),
  }
}

function missing(name: string, why: string): HarnessError {
  return new HarnessError('docker-image-missing', `Image ${name} could not be pulled: ${why}`, {
    hint: remedyFor(name),
  })
}

function remedyFor(name: string): string {
  return `Run \`docker pull ${name}\`, name an image that is there with --image, or use --engine embedded.`
}
