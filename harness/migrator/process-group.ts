import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Ends the whole process group that `child` leads: SIGTERM, then SIGKILL for what is left after `graceMs`.
 * Resolves when the child is gone; safe when it is gone already.
 */
export async function endProcessGroup(
  child: ChildProcess,
  exited: Promise<unknown>,
  graceMs = 2000,
): Promise<void> {
  if (!signalGroup(child, 'SIGTERM')) return
  const grace = new AbortController()
  await Promise.race([exited, pause(graceMs, undefined, { signal: grace.signal }).catch(() => {})])
  grace.abort()
  // Even when the leader is gone, children of its own may not be.
  signalGroup(child, 'SIGKILL')
  await exited
}

/** False when there is nobody left in the group. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): boolean {
  if (child.pid === undefined) return false
  try {
    return process.kill(-child.pid, signal)
  } catch {
    return child.exitCode === null && child.signalCode === null && child.kill(signal)
  }
}
