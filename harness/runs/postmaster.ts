import { execFileSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processOf } from './processes.ts'

/**
 * Ends the postmaster that runs on this data directory, at once (SIGQUIT, which frees its shared memory; SIGKILL
 * after 5 s). Returns its pid, or undefined when none runs there.
 */
export async function endPostmaster(dataDirectory: string): Promise<number | undefined> {
  const pidFile = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(pidFile.split('\n')[0])
  const found = processOf(pid)
  if (found === undefined || found.zombie || !(await runsOn(pid, dataDirectory))) return undefined
  const isThere = () => {
    const now = processOf(pid)
    return now !== undefined && !now.zombie && now.startedAt === found.startedAt
  }
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    if (isThere()) process.kill(pid, signal)
    for (let waitedMs = 0; waitedMs < 5_000 && isThere(); waitedMs += 20) await sleep(20)
  }
  return pid
}

/** A postmaster's working directory is its data directory; where that cannot be read, its command line names it. */
async function runsOn(pid: number, dataDirectory: string): Promise<boolean> {
  const wanted = await realpath(dataDirectory).catch(() => dataDirectory)
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === wanted
    const command = execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    return command.includes(wanted) || command.includes(dataDirectory)
  } catch {
    return false
  }
}
