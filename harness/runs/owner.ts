import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { processOf } from './processes.ts'
import type { Owner } from './run.ts'

let self: Owner | undefined

/** This process as an owner; the same object every time. */
export function thisOwner(): Owner {
  const startedAt = () => processOf(process.pid)?.startedAt ?? 'unknown'
  self ??= Object.freeze({ host: thisHost(), pid: process.pid, startedAt: startedAt() })
  return self
}

/**
 * Whether the owning process may still be running. An owner on another host counts as alive, because nobody
 * here can tell; a pid that now belongs to another process does not.
 */
export function isAlive(owner: Owner): boolean {
  if (!isOnThisHost(owner)) return true
  const found = processOf(owner.pid)
  return found !== undefined && !found.zombie && found.startedAt === owner.startedAt
}

/** Whether this process can tell if the owner is alive. */
export function isOnThisHost(owner: Owner): boolean {
  return owner.host === thisHost()
}

/** The owner that `text` holds as JSON, further keys ignored; undefined when it holds none. */
export function parseOwner(text: string): Owner | undefined {
  try {
    const { host, pid, startedAt } = JSON.parse(text) as Partial<Record<keyof Owner, unknown>>
    if (typeof host !== 'string' || typeof pid !== 'number' || typeof startedAt !== 'string') return undefined
    return { host, pid, startedAt }
  } catch {
    return undefined
  }
}

// Containers may share the host's name but not its process ids, so a pid means something only inside its
// namespace. The initial one has this fixed inode (PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h).
const initialPidNamespace = 'pid:[4026531836]'

let host: string | undefined

function thisHost(): string {
  return (host ??= hostName())
}

function hostName(): string {
  if (process.platform !== 'linux') return hostname()
  const name = [hostname(), ...machine()].join(' ')
  try {
    const namespace = readlinkSync('/proc/self/ns/pid')
    return namespace === initialPidNamespace ? name : `${name} ${namespace}`
  } catch {
    return name
  }
}

/** Two machines of one name may share an engine, and one must not take the other's living runs for its own dead ones. */
function machine(): string[] {
  try {
    // The id itself is not to be given away: machine-id(5).
    const id = readFileSync('/etc/machine-id')
    return id.length === 0 ? [] : [createHash('sha256').update(id).digest('hex').slice(0, 12)]
  } catch {
    return []
  }
}
