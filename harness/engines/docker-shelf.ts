import { freeBytes } from '../runs/free-bytes.ts'
import { thisOwner } from '../runs/owner.ts'
import { askEngine, dockerClient, engineLink } from './docker-client.ts'
import {
  baseLabel,
  createVolume,
  findVolume,
  listVolumes,
  removeVolume,
  type Volume,
} from './docker-volumes.ts'
import type { Shelf, ShelvedSnapshot } from './engine.ts'

const keyLabel = 'pg-rehearsal.key'
const frozenLabel = 'pg-rehearsal.frozen'
const recordLabel = 'pg-rehearsal.record'

/**
 * A snapshot is on the shelf when there is a volume named by its key, whose labels lead to its data. Volumes come to
 * be with all their labels or not at all, so nobody ever finds half a snapshot; and it is found from every machine
 * that uses the engine.
 */
export const dockerShelf: Shelf = {
  async list(): Promise<ShelvedSnapshot[]> {
    const client = await dockerClient().catch(() => undefined)
    if (client === undefined) return []
    const volumes = await listVolumes(client)
    return volumes.flatMap((volume) => toSnapshot(volume, volumes) ?? [])
  },

  freeBytes: freeOnEngine,

  async put({ key, frozen, record }): Promise<ShelvedSnapshot> {
    const client = await dockerClient()
    const labels = { [keyLabel]: key, [frozenLabel]: JSON.stringify(frozen), [recordLabel]: record }
    const owner = { id: 'shelf', owner: thisOwner() }
    const name = sealName(key)
    const volume = await createVolume(client, {
      role: 'snapshot',
      run: owner,
      name,
      base: frozen.place,
      labels,
    })
    const there = toSnapshot(volume, [])
    if (there === undefined) throw new Error(`Volume ${name} is not one of pg-rehearsal.`)
    return there
  },

  async remove({ key, frozen }): Promise<void> {
    const client = await dockerClient()
    // First off the shelf, so that whatever happens next nobody takes it for whole.
    const seal = await findVolume(client, sealName(key))
    if (seal?.labels[baseLabel] === frozen.place) await removeVolume(client, seal.name)
    await removeVolume(client, frozen.place)
  },
}

/** Bytes free where the engine keeps volumes and containers; undefined when it, or its disk, is on another machine. */
export async function freeOnEngine(): Promise<number | undefined> {
  const { container } = await dockerClient()
  // The path would be one of another machine.
  if (engineLink() !== undefined) return undefined
  const { socketPath } = container.dockerode.modem as { socketPath?: unknown }
  const info = (await askEngine(container.dockerode, '/info')) as { DockerRootDir?: string } | undefined
  if (typeof socketPath !== 'string' || info?.DockerRootDir === undefined) return undefined
  return await freeBytes(info.DockerRootDir).catch(() => undefined)
}

function sealName(key: string): string {
  return `pg-rehearsal-snapshot-${key}`
}

function toSnapshot(seal: Volume, all: readonly Volume[]): ShelvedSnapshot | undefined {
  const { [keyLabel]: key, [frozenLabel]: frozen, [recordLabel]: record } = seal.labels
  if (seal.role !== 'snapshot' || key === undefined || frozen === undefined || record === undefined)
    return undefined
  const { place, controlDigest, bytes } = JSON.parse(frozen) as ShelvedSnapshot['frozen']
  const clones = all.filter((it) => it.role === 'clone' && it.labels[baseLabel] === place).length
  return { key, record, clones, frozen: { place, controlDigest, bytes } }
}
