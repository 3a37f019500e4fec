import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { messageOf } from '../errors.ts'
import { endGroup } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'
import { ownEnvironment } from './own-environment.ts'

export interface ToFiles {
  /** Descriptor of the file that gets its standard output. */
  readonly stdout: number
  /** Path of the file that gets its standard error. */
  readonly errors: string
  readonly cwd: string
  readonly run: Run
  readonly signal: AbortSignal
}

/**
 * Runs a program in a process group of its own, which is ended with it, and returns how it ended: `code 0`,
 * `signal SIGKILL`. It writes to files and not to pipes, which what it leaves in the background could hold open for
 * ever. Throws the signal's reason when that is aborted; nothing of the group is left then either.
 */
export async function runToFiles(
  [program, ...args]: readonly [string, ...string[]],
  { stdout, errors, cwd, run, signal }: ToFiles,
): Promise<string> {
  signal.throwIfAborted()
  await using stderr = await open(errors, 'w', 0o600)
  const child = spawn(program, args, {
    cwd,
    env: ownEnvironment(process.env),
    detached: true,
    stdio: ['ignore', stdout, stderr.fd],
  })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`no start (${messageOf(error)})`))
    child.once('exit', (code, killedBy) => resolve(killedBy === null ? `code ${code}` : `signal ${killedBy}`))
  })
  const { pid } = child
  if (pid === undefined) return await ended
  run.track(pid)
  const abort = (): void => void endGroup(pid)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const how = await ended
    signal.throwIfAborted()
    return how
  } finally {
    signal.removeEventListener('abort', abort)
    await endGroup(pid)
    run.untrack(pid)
  }
}
