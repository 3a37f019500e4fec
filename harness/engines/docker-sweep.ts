import type Dockerode from 'dockerode'
import type { Container, ContainerInfo } from 'dockerode'
import type { ContainerRuntimeClient } from 'testcontainers'
import { isAlive, isOnThisHost, parseOwner } from '../runs/owner.ts'
import type { Owner } from '../runs/run.ts'
import { answerWithinMs, engineTime, engineWords } from './docker-client.ts'
import { expiresLabel, removeContainer } from './docker-container.ts'
import { homeIsGone, ownerLabel, runLabel } from './docker-labels.ts'
import type { SweepRequest } from './engine.ts'
import { keptPrefix } from './docker-server.ts'
import { baseLabel, listVolumes, removeVolume, type Volume } from './docker-volumes.ts'

/**
 * A container whose owner lives on another host, or is unknown, counts as left behind after two days: on a shared
 * engine nobody can ask that host, and a build agent's containers would stay for ever.
 */
export const strangerAgeMs = 48 * 3_600_000

export interface Candidate {
  readonly name: string
  readonly owner: Owner | undefined
  readonly ageMs: number
  /** The container in which the owner ran is known to have ended. */
  readonly homeIsGone?: boolean
}

/**
 * Whether a container of ours is to be removed: one that was kept only with `kept`, whoever made it here; any other
 * when its owner is dead, for a living rehearsal's is no leaving.
 */
export function isLeftover({ name, owner, ageMs, homeIsGone = false }: Candidate, kept: boolean): boolean {
  const wasKept = name.startsWith(keptPrefix)
  if (wasKept && !kept) return false
  if (owner === undefined || !isOnThisHost(owner)) return homeIsGone || ageMs > strangerAgeMs
  return wasKept || !isAlive(owner)
}

/** Removes the containers that are left over, with their volumes; a line for each that it removed, or could not. */
export async function sweepContainers(
  client: ContainerRuntimeClient,
  { kept, only }: Pick<SweepRequest, 'kept' | 'only'>,
): Promise<string[]> {
  const docker = client.container.dockerode
  const containers = await docker.listContainers({
    all: true,
    filters: { label: [only === undefined ? runLabel : `${runLabel}=${only}`] },
    abortSignal: AbortSignal.timeout(answerWithinMs),
  })
  const now = await engineTime(client)
  const candidates = await Promise.all(
    containers.map(async (container) => ({
      container,
      candidate: await candidateOf(docker, container, now),
    })),
  )
  const leftovers = candidates
    .filter(({ container, candidate }) => isLeftover(candidate, kept || hasExpired(container, now)))
    .map(({ container }) => container)
  const lines = await Promise.all(
    leftovers.map(async ({ Id, Names }) => await removeLeftover(docker.getContainer(Id), nameOf(Names))),
  )
  return [...lines.filter((line) => line !== undefined), ...(await sweepVolumes(client, now, only))]
}

/** What a living, or kept, container has is not removed: the engine itself refuses. */
async function sweepVolumes(
  client: ContainerRuntimeClient,
  now: number,
  only: string | undefined,
): Promise<string[]> {
  const volumes = await listVolumes(client)
  const shelved = new Set(volumes.filter(({ role }) => role === 'snapshot').map((it) => it.labels[baseLabel]))
  const isLeft = async ({ name, role, labels, createdAt }: Volume): Promise<boolean> => {
    if (role === 'snapshot' || shelved.has(name)) return false
    if (only !== undefined) return labels[runLabel] === only
    // Nobody made it on purpose; one that is in use stays.
    if (role === undefined) return true
    const createdAtMs = Number.isNaN(createdAt) ? now : createdAt
    return isLeftover(await madeBy(client.container.dockerode, { name, labels, createdAtMs }, now), false)
  }
  const left = await Promise.all(volumes.map(isLeft))
  const leftovers = volumes.filter((_, index) => left[index])
  const lines: string[] = []
  // An overlay before the layers that it is made of.
  for (const { name } of leftovers.toSorted((one, other) => order(one) - order(other))) {
    const outcome = await removeVolume(client, name).catch(engineWords)
    if (outcome === 'removed') lines.push(`Removed volume ${name}.`)
    else if (outcome !== 'gone' && outcome !== 'used')
      lines.push(`Volume ${name} could not be removed: ${outcome}`)
  }
  return lines
}

function order({ role }: Volume): number {
  return ['clone', 'upper', 'data'].indexOf(role ?? '')
}

async function removeLeftover(container: Container, name: string): Promise<string | undefined> {
  try {
    return (await removeContainer(container)) ? `Removed container ${name} with its volume.` : undefined
  } catch (error) {
    return `Container ${name} could not be removed: ${engineWords(error)}`
  }
}

async function candidateOf(
  docker: Dockerode,
  { Names, Labels, Created }: ContainerInfo,
  now: number,
): Promise<Candidate> {
  return await madeBy(docker, { name: nameOf(Names), labels: Labels, createdAtMs: Created * 1000 }, now)
}

async function madeBy(
  docker: Dockerode,
  { name, labels, createdAtMs }: Made,
  now: number,
): Promise<Candidate> {
  const owner = parseOwner(labels[ownerLabel] ?? '')
  // Of processes of this host the host itself knows.
  const asked = owner !== undefined && !isOnThisHost(owner)
  return {
    name,
    owner,
    ageMs: now - createdAtMs,
    homeIsGone: asked && (await homeIsGone(docker, labels, createdAtMs)),
  }
}

interface Made {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** By the engine's clock. */
  readonly createdAtMs: number
}

function hasExpired({ Labels }: ContainerInfo, now: number): boolean {
  return Date.parse(Labels[expiresLabel] ?? '') < now
}

function nameOf(names: readonly string[]): string {
  return (names[0] ?? '').replace(/^\//, '')
}
