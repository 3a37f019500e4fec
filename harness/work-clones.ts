import { now } from './clock.ts'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { engines } from './engines/index.ts'
import { HarnessError } from './errors.ts'
import type { Plan } from './plan.ts'
import type { Connection } from './postgres/connection.ts'
import { sweepRuns } from './runs/sweep.ts'
import { runsDirectory } from './runs/directory.ts'
import type { Given } from './stages/given.ts'
import { prepareBackup } from './stages/prepare-backup.ts'
import { broughtBackup } from './stages/read-backup.ts'
import { provision, type ServerKeeping } from './stages/provision.ts'
import { restore } from './stages/restore.ts'
import type { RehearseOptions } from './rehearse.ts'
import { withRun } from './with-run.ts'

/** A copy of the backup for a developer to work in, on a server that outlives the program. */
export interface WorkClone {
  /** Of its run. */
  readonly id: string
  readonly backup: string
  readonly engine: string
  /** With the password: written nowhere but into a file that only its user can read. */
  readonly connection: Connection
  /** A shell command that opens psql in it. */
  readonly connect: string
  /** What has to run for `connection` to lead anywhere. */
  readonly tunnel?: string
  /** ISO 8601, UTC. */
  readonly expiresAt: string
}

/** In the run's directory. */
const cloneFile = 'clone.json'

/** Restores the backup unless a snapshot of it is stored, and leaves a clone up until `ttlMs` have passed. */
export async function openWorkClone(plan: Plan, ttlMs: number, options: RehearseOptions): Promise<WorkClone> {
  if (plan.engine === 'external') throw notOwned()
  // What is kept is kept for its user; of a clone that was not handed over nothing stays.
  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  return await withRun(plan, options, async (run, keeping) => {
    const given = { plan: { ...plan, keep: true }, run, signal, beganAt: now() }
    return await handOver(given, keeping, ttlMs).catch((error: unknown) => {
      failure.abort(error)
      throw error
    })
  })
}

async function handOver(given: Given, keeping: ServerKeeping, ttlMs: number): Promise<WorkClone> {
  const { run, signal } = given
  const { observe, teardown } = keeping
  const expiresAt = new Date(Date.now() + ttlMs)
  // Production's data stays nowhere but in the clone.
  teardown.defer('the backup that was brought here', () =>
    rm(broughtBackup(given), { recursive: true, force: true }),
  )
  const progress = (detail: string) => observe({ kind: 'progress', stage: 'restore', detail })
  const backup = await prepareBackup(given, progress)
  const prepared = { ...backup, request: { ...backup.request, expiresAt } }
  for (const line of await prepared.engine.sweep({ serverUrl: undefined, kept: false }))
    observe({ kind: 'note', text: line })
  const provisioned = await provision(given, prepared, keeping, progress)
  const { facts, summary } = await restore(given, prepared, provisioned.facts, keeping, progress)
  signal.throwIfAborted()
  observe({ kind: 'note', text: summary })
  const { connect, lasting } = await facts.server.hints(facts.database)
  const { tunnel, ...address } = lasting ?? {}
  const connection = { ...facts.server.connection(facts.database), ...address }
  const named = { id: run.id, backup: backup.file.path, engine: backup.engine.name }
  const clone = { ...named, connection, connect, ...(tunnel !== undefined && { tunnel }) }
  const kept = { ...clone, expiresAt: expiresAt.toISOString() }
  await writeFile(join(run.directory, cloneFile), JSON.stringify(kept), { mode: 0o600 })
  run.keep(expiresAt)
  return kept
}

/** The clones that are up, the one that was opened last first. */
export async function listWorkClones(): Promise<WorkClone[]> {
  await sweepExpired()
  const runs = await runsDirectory()
  const clones: WorkClone[] = []
  for (const name of await readdir(runs)) {
    const text = await readFile(join(runs, name, cloneFile), 'utf8').catch(() => undefined)
    if (text !== undefined) clones.push(JSON.parse(text) as WorkClone)
  }
  return clones.toSorted((one, other) => other.expiresAt.localeCompare(one.expiresAt))
}

/** The clone whose id begins so, or the newest. Throws HarnessError `clone-unknown`. */
export async function findWorkClone(id: string | undefined): Promise<WorkClone> {
  const found = (await listWorkClones()).filter((clone) => id === undefined || clone.id.startsWith(id))
  const [clone, ...others] = found
  if (clone !== undefined && (others.length === 0 || id === undefined)) return clone
  const message = id === undefined ? 'No clone is up.' : `${id} is not the id of one clone.`
  throw new HarnessError('clone-unknown', message, {
    hint: '`rehearse clone` opens one, `rehearse clone ls` lists them.',
  })
}

/** Stops and removes the clone with all that is its own; returns a line for each thing removed. */
export async function removeWorkClone({ id }: WorkClone): Promise<string[]> {
  const lines: string[] = []
  for (const engine of [engines.docker, engines.embedded])
    lines.push(...(await engine.sweep({ serverUrl: undefined, kept: true, only: id })))
  lines.push(...(await sweepRuns({ kept: true, only: id })))
  return lines
}

async function sweepExpired(): Promise<void> {
  await engines.docker.sweep({ serverUrl: undefined, kept: false })
  await engines.embedded.sweep({ serverUrl: undefined, kept: false })
}

function notOwned(): HarnessError {
  return new HarnessError(
    'clone-not-isolated',
    'A clone is a server of its own; the external engine has none.',
    {
      hint: 'Use --engine docker or --engine embedded.',
    },
  )
}
