import { randomBytes } from 'node:crypto'
import type Dockerode from 'dockerode'
import type { ContainerRuntimeClient } from 'testcontainers'
import type { Run } from '../runs/run.ts'
import { answerWithinMs, statusOf } from './docker-client.ts'
import { labelsOf } from './docker-labels.ts'

/**
 * On every volume of ours, what it is: `data` a server's data directory; `upper` what a clone wrote; `clone` the
 * overlay of both, or a copy; `snapshot` an empty one whose labels put a data volume on the shelf.
 */
export const roleLabel = 'pg-rehearsal.role'

const namePrefix = 'pg-rehearsal-'
/** On a clone's volumes, and on a snapshot's: the data volume that they rest on. */
export const baseLabel = 'pg-rehearsal.base'

export type VolumeRole = 'data' | 'upper' | 'clone' | 'snapshot'

/** Removing a volume deletes its files. */
const removeWithinMs = 120_000

export interface Volume {
  readonly name: string
  readonly role: VolumeRole | undefined
  readonly labels: Readonly<Record<string, string>>
  /** On the engine's machine. */
  readonly mountpoint: string
  /** By the engine's clock; NaN when it does not say. */
  readonly createdAt: number
}

export interface NewVolume {
  readonly role: VolumeRole
  readonly run: Pick<Run, 'id' | 'owner'>
  /** Random by default. The engine answers with the volume that is there when the name is taken. */
  readonly name?: string
  readonly base?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Mount options of the engine's `local` driver. */
  readonly driverOptions?: Readonly<Record<string, string>>
}

/** Makes a volume that carries its owner. */
export async function createVolume(
  client: ContainerRuntimeClient,
  { role, run, name, base, labels, driverOptions }: NewVolume,
): Promise<Volume> {
  const owner = await labelsOf(client.container.dockerode, run)
  const created = await client.container.dockerode.createVolume({
    Name: name ?? `pg-rehearsal-${role}-${run.id}-${randomBytes(3).toString('hex')}`,
    Driver: 'local',
    Labels: { ...owner, [roleLabel]: role, ...(base === undefined ? {} : { [baseLabel]: base }), ...labels },
    DriverOpts: { ...driverOptions },
    abortSignal: AbortSignal.timeout(answerWithinMs),
  })
  return toVolume(await created.inspect({ abortSignal: AbortSignal.timeout(answerWithinMs) }))
}

/**
 * Every volume of ours on the engine, by its name: the engine itself makes one without labels for a container that
 * was being created when its volume was removed.
 */
export async function listVolumes({ container }: ContainerRuntimeClient): Promise<Volume[]> {
  const { Volumes } = await container.dockerode.listVolumes({
    filters: { name: [namePrefix] },
    abortSignal: AbortSignal.timeout(answerWithinMs),
  })
  return (Volumes ?? []).filter(({ Name }) => Name.startsWith(namePrefix)).map(toVolume)
}

/** The volume of that name; undefined when there is none. */
export async function findVolume(
  { container }: ContainerRuntimeClient,
  name: string,
): Promise<Volume | undefined> {
  try {
    const abortSignal = AbortSignal.timeout(answerWithinMs)
    return toVolume(await container.dockerode.getVolume(name).inspect({ abortSignal }))
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

/** `gone` when it was not there, `used` when a container has it. */
export async function removeVolume(
  { container }: ContainerRuntimeClient,
  name: string,
): Promise<'removed' | 'gone' | 'used'> {
  try {
    const abortSignal = AbortSignal.timeout(removeWithinMs)
    await container.dockerode.getVolume(name).remove({ abortSignal })
    return 'removed'
  } catch (error) {
    if (statusOf(error) === 404) return 'gone'
    if (statusOf(error) === 409) return 'used'
    throw error
  }
}

function toVolume(info: Dockerode.VolumeInspectInfo): Volume {
  const labels = info.Labels ?? {}
  return {
    name: info.Name,
    role: labels[roleLabel] as VolumeRole | undefined,
    labels,
    mountpoint: info.Mountpoint,
    createdAt: Date.parse((info as { CreatedAt?: string }).CreatedAt ?? ''),
  }
}
