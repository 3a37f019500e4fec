import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../errors.ts'
import { keptFile, ownerFile, processesFile, runId, runsDirectory, serverPrefix } from './directory.ts'
import { isLeftover } from './leftover.ts'
import { parseOwner } from './owner.ts'
import { endPostmaster } from './postmaster.ts'
import { endGroup } from './process-group.ts'
import { releaseStorage } from './storage-hook.ts'

/**
 * Ends and removes what runs left whose program is gone: their process groups, embedded servers and directories;
 * a line for each. Kept runs stay unless `kept`, and those of another host for two days. A run whose program is alive
 * is never touched unless it was kept. Harmless to repeat, also at the same time.
 */
export async function sweepRuns({ kept, only }: SweepRunsRequest): Promise<string[]> {
  const runs = await runsDirectory()
  const removed: string[] = []
  for (const name of await readdir(runs)) {
    if (only !== undefined && name !== only) continue
    const directory = join(runs, name)
    const left = runId.test(name) ? await isLeft(directory, kept) : await isUnfinished(directory)
    if (left) removed.push(...(await sweepRun(name, directory)))
  }
  return removed
}

export interface SweepRunsRequest {
  readonly kept: boolean
  /** The id of the only run to look at. */
  readonly only?: string
}

async function isLeft(directory: string, kept: boolean): Promise<boolean> {
  const owner = parseOwner(await readFile(join(directory, ownerFile), 'utf8').catch(() => ''))
  if (owner === undefined) return isUnfinished(directory)
  const until = await readFile(join(directory, keptFile), 'utf8').catch(() => undefined)
  const expired = until !== undefined && Date.parse(until) < Date.now()
  return isLeftover({ owner, wasKept: until !== undefined, ageMs: await ageOf(directory) }, kept || expired)
}

/** A run being opened, or one that another sweep is removing: left over when nothing happened for a minute. */
async function isUnfinished(directory: string): Promise<boolean> {
  return (await ageOf(directory)) > 60_000
}

/** Since something in the directory came or went; 0 when it is gone. */
async function ageOf(directory: string): Promise<number> {
  const found = await stat(directory).catch(() => undefined)
  return found === undefined ? 0 : Date.now() - found.mtimeMs
}

async function sweepRun(name: string, directory: string): Promise<string[]> {
  const id = name.split('.')[0]
  const lines: string[] = []
  for (const server of await serversOf(directory)) {
    const pid = await endPostmaster(join(server, 'data'))
    if (pid !== undefined) lines.push(`Ended the embedded server of run ${id} (process ${pid}).`)
  }
  for (const { pid, startedAt } of await trackedProcesses(directory)) {
    if (await endGroup(pid, startedAt)) lines.push(`Ended process group ${pid} of run ${id}.`)
  }
  try {
    for (const server of await serversOf(directory)) await releaseStorage(server)
  } catch (error) {
    // What only its command can remove waits for it; nobody's next run fails for that.
    return [...lines, `Run ${id} stays in ${directory}. ${messageOf(error)}`]
  }
  if (await remove(directory)) lines.push(`Removed the directory of run ${id}: ${directory}`)
  return lines
}

async function serversOf(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => [])
  return names.filter((name) => name.startsWith(serverPrefix)).map((name) => join(directory, name))
}

async function trackedProcesses(directory: string): Promise<{ pid: number; startedAt: string }[]> {
  try {
    const list: unknown = JSON.parse(await readFile(join(directory, processesFile), 'utf8'))
    return Array.isArray(list) ? (list as { pid: number; startedAt: string }[]) : []
  } catch {
    return []
  }
}

/** Whoever renames the directory removes it, and says so; others at the same time find it gone. */
async function remove(directory: string): Promise<boolean> {
  const claimed = `${directory.replace(/\.gone.*$/, '')}.gone-${process.pid}-${Date.now()}`
  try {
    await rename(directory, claimed)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  await rm(claimed, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  return true
}
