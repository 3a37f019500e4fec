import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { endGroup } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'

/** A rehearsal in a process of its own. */
export interface RehearsalProcess {
  readonly pid: number
  /** Settles when the process has ended: with its exit code, or null and the signal that ended it. */
  readonly ended: Promise<ProcessEnd>
  /** The last 64 KiB of its standard error. */
  errors(): string
  /** Asks the rehearsal to end in order, as Ctrl-C would. */
  interrupt(): void
  /** Ends it and all of its process group: SIGTERM, then SIGKILL after 2 seconds. */
  end(): Promise<void>
}

export interface ProcessEnd {
  readonly exitCode: number | null
  readonly signal: string | null
}

const errorBytes = 64 * 1024

const program = fileURLToPath(new URL(`../bin${extname(import.meta.url)}`, import.meta.url))

/**
 * Starts `rehearse run` as the leader of a process group, remembered by `run`. It ends itself, in order, when this
 * process is gone, whatever ended that: it hears of it by the channel that both share.
 */
export function startRehearsal(
  args: readonly string[],
  { cwd, environment, run }: { cwd: string; environment: Readonly<Record<string, string>>; run: Run },
): RehearsalProcess {
  const { nodeChildProcess: child } = execa(process.execPath, [program, 'run', ...args], {
    cwd,
    env: environment,
    extendEnv: false,
    ipc: true,
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const { pid } = child
  if (pid !== undefined) run.track(pid)
  let errors = Buffer.alloc(0)
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = Buffer.concat([errors, chunk]).subarray(-errorBytes)
  })
  // Its own promise also waits for the end of stderr, which a grandchild may hold open.
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
    child.once('error', () => resolve({ exitCode: null, signal: null }))
  })
  return {
    pid: pid ?? 0,
    ended,
    errors: () => errors.toString('utf8'),
    interrupt: () => void child.kill('SIGTERM'),
    end: async () => {
      if (pid === undefined) return
      await endGroup(pid)
      await ended
      child.stderr?.destroy()
      run.untrack(pid)
    },
  }
}
