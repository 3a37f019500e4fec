import { readFile } from 'node:fs/promises'
import type Dockerode from 'dockerode'
import type { Run } from '../runs/run.ts'
import { askEngine } from './docker-client.ts'

/** On every container and volume of ours: the run's id, and its owner as JSON. */
export const runLabel = 'pg-rehearsal.run'
export const ownerLabel = 'pg-rehearsal.owner'

/** The container in which the owner ran, where the same engine has it: who shares no process ids with it can ask that. */
const homeLabel = 'pg-rehearsal.home'

/** What a container or volume made by this program carries. */
export async function labelsOf(
  docker: Dockerode,
  { id, owner }: Pick<Run, 'id' | 'owner'>,
): Promise<Record<string, string>> {
  const home = await ownHome(docker)
  return {
    [runLabel]: id,
    [ownerLabel]: JSON.stringify(owner),
    ...(home !== undefined && { [homeLabel]: home }),
  }
}

/**
 * Whether what was made at that time has lost its owner with the container that this ran in. False when it ran in none
 * of this engine, as then only its own machine knows.
 */
export async function homeIsGone(
  docker: Dockerode,
  labels: Readonly<Record<string, string>>,
  createdAtMs: number,
): Promise<boolean> {
  const home = labels[homeLabel]
  if (home === undefined) return false
  const state = await stateOf(docker, home)
  // A container's date has whole seconds. One that was started again since then has other processes.
  return state?.Running !== true || Date.parse(state.StartedAt) > createdAtMs + 1_000
}

const homes = new WeakMap<Dockerode, Promise<string | undefined>>()

/** The engine is asked once; it is another's container that it does not know. */
async function ownHome(docker: Dockerode): Promise<string | undefined> {
  const known = homes.get(docker) ?? findHome(docker).catch(() => undefined)
  homes.set(docker, known)
  return await known
}

async function findHome(docker: Dockerode): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  // Docker and Podman mount such files into each, from a directory that has its id.
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  const id = /\/([0-9a-f]{64})\/(?:userdata\/)?(?:hostname|hosts|resolv\.conf) /.exec(mounts)?.[1]
  return id !== undefined && (await stateOf(docker, id)) !== undefined ? id : undefined
}

interface State {
  readonly Running: boolean
  /** ISO 8601. */
  readonly StartedAt: string
}

async function stateOf(docker: Dockerode, id: string): Promise<State | undefined> {
  const found = (await askEngine(docker, `/containers/${id}/json`)) as { State: State } | undefined
  return found?.State
}
