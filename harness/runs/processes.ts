import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** One process as the operating system tells it. */
export interface Process {
  /** Text that only this process has; a pid alone is reused, within a boot and across boots. */
  readonly startedAt: string
  /** It ended and only its exit status is left. */
  readonly zombie: boolean
}

/** The process with this id; undefined when there is none. */
export function processOf(pid: number): Process | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
  } catch {
    return undefined
  }
}

/**
 * Whether the group that the process `pid`, started at `startedAt`, led is still there. When the leader is gone
 * but others of its session are not, this is known on Linux only; elsewhere the answer is then false.
 */
export function groupIsThere(pid: number, startedAt: string): boolean {
  const leader = processOf(pid)
  if (leader !== undefined && !leader.zombie) return leader.startedAt === startedAt
  if (leader !== undefined && leader.startedAt !== startedAt) return false
  if (process.platform !== 'linux' || !startedAt.startsWith(`${bootId()} `)) return false
  return pids().some((member) => isMember(member, pid))
}

/** Signals a whole process group, or with 0 only asks for it; false when it has no members left. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

function fromProc(pid: number): Process {
  const { state, startTicks } = statOf(pid)
  return { startedAt: `${bootId()} ${startTicks}`, zombie: state === 'Z' || state === 'X' }
}

function isMember(member: number, leader: number): boolean {
  try {
    const { state, group, session } = statOf(member)
    return group === leader && session === leader && state !== 'Z'
  } catch {
    return false
  }
}

/** Fields of /proc/PID/stat, see proc_pid_stat(5). They count from the last `)`: a program's name may hold any. */
function statOf(pid: number) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state = 'X', , group, session] = fields
  return { state, group: Number(group), session: Number(session), startTicks: fields[19] ?? '' }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isSafeInteger)
}

function fromPs(pid: number): Process | undefined {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const ps = ['-o', 'stat=,lstart=', '-p', String(pid)]
  const text = execFileSync('ps', ps, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  const [, state = '', startedAt] = /^(\S+)\s+(.+)$/.exec(text) ?? []
  return startedAt === undefined ? undefined : { startedAt, zombie: state.startsWith('Z') }
}
