import { askEngine, dockerClient, engineLink } from '../engines/docker-client.ts'
import { imageAvailability, imageFor } from '../engines/docker-image.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { bytes } from '../reports/text.ts'
import { wantedMajor, type Examined, type Observation, type Probe } from './probe.ts'

/** The container engine that would be used, and the image on it. Not having one is a problem only where it is asked for. */
export const docker: Probe = {
  name: 'Docker',
  description: 'Docker or Podman: version, storage, where it is; and the image',
  async run(examined) {
    const missing = examined.plan?.engine === 'docker' ? 'problem' : 'warning'
    try {
      const client = await dockerClient()
      const { dockerode } = client.container
      return [
        ...(await describeLink()),
        ...describeEngine(
          (await askEngine(dockerode, '/version')) as Version,
          (await askEngine(dockerode, '/info')) as Info,
        ),
        await imageObservation(examined, dockerode, missing),
      ]
    } catch (error) {
      const remedy = error instanceof HarnessError ? error.hint : 'Start Docker, or use --engine embedded.'
      return [{ status: missing, text: messageOf(error), remedy }]
    }
  },
}

/** With the way there: everything that is rehearsed goes along it. */
async function describeLink(): Promise<Observation[]> {
  const link = engineLink()
  if (link === undefined) return []
  const startedAt = performance.now()
  await link.confirm()
  const ms = Math.round(performance.now() - startedAt)
  const { endpoint } = link
  const observations: Observation[] = [
    { status: 'ok', text: `on another machine: ${endpoint.name}, which answers within ${ms} ms` },
  ]
  if (endpoint.url.protocol === 'ssh:') return observations
  const open = endpoint.tls === undefined
  observations.push({
    status: 'warning',
    text: open
      ? 'Neither the engine nor its servers are reached by an encrypted connection, and whoever reaches the engine is root there'
      : 'The engine is reached by TLS, its Postgres servers by connections that are not encrypted',
    remedy: 'Use ssh://USER@HOST, which carries both, unless the network between is yours alone.',
  })
  return observations
}

interface Version {
  readonly Version?: string
  readonly Components?: readonly { readonly Name: string }[]
}

interface Info {
  readonly Driver?: string
  readonly DriverStatus?: readonly (readonly string[])[]
  readonly DockerRootDir?: string
  readonly NCPU?: number
  readonly MemTotal?: number
  readonly OperatingSystem?: string
}

function describeEngine({ Version, Components = [] }: Version, info: Info): Observation[] {
  const podman = Components.some(({ Name }) => /podman/i.test(Name))
  const backing = info.DriverStatus?.find(([name]) => name === 'Backing Filesystem')?.[1]
  const parts = [
    `${podman ? 'Podman' : 'Docker'} ${Version ?? ''}`,
    `${info.OperatingSystem ?? 'unknown system'}`,
    `storage ${info.Driver ?? 'unknown'}${backing === undefined ? '' : ` on ${backing}`} in ${info.DockerRootDir ?? '?'}`,
    `${info.NCPU ?? '?'} processors, ${bytes(info.MemTotal ?? 0)} of memory`,
  ]
  const observations: Observation[] = [{ status: 'ok', text: parts.join('; ') }]
  if (info.Driver === 'vfs')
    observations.push({
      status: 'warning',
      text: 'The storage driver vfs copies every layer of an image for every container.',
      remedy: 'Switch the engine to overlay2 (Podman: install fuse-overlayfs).',
    })
  return observations
}

async function imageObservation(
  examined: Examined,
  dockerode: Parameters<typeof imageAvailability>[0],
  missing: 'problem' | 'warning',
): Promise<Observation> {
  const image = imageFor({ image: examined.plan?.image, major: wantedMajor(examined) })
  const found = await imageAvailability(dockerode, image)
  if (!found.available) return { status: missing, text: found.reason, remedy: found.remedy }
  if (!found.detail.endsWith('will be pulled')) return { status: 'ok', text: found.detail }
  return {
    status: 'warning',
    text: found.detail,
    remedy: `Pull it now and save the first run the wait: docker pull ${image}`,
  }
}
