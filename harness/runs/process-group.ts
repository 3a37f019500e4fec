import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { groupIsThere, processOf, signalGroup } from './processes.ts'
import type { Run } from './run.ts'

/** A child process and everything it starts. */
export interface Group {
  readonly pid: number
  /** Settles with the exit once the child itself has ended. */
  readonly ended: Promise<string>
  /** `code 1` or `signal SIGKILL` once it has ended; undefined while it runs. */
  exit(): string | undefined
  /** The last 64 KiB of its standard output and error, interleaved. */
  output(): string
  /** Ends the whole group: SIGTERM, then SIGKILL after 2 seconds. Safe to call twice. */
  end(): Promise<void>
}

export interface GroupOptions {
  readonly cwd: string
  /** The child's whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>
  readonly run: Run
  readonly shell?: boolean
}

const outputLimit = 64 * 1024

/** Starts a child in a process group of its own, remembered by `run` so that a later sweep finds it. */
export function startGroup(command: string, args: readonly string[], options: GroupOptions): Group {
  const child = execa(command, [...args], {
    cwd: options.cwd,
    env: { ...options.environment },
    extendEnv: false,
    shell: options.shell ?? false,
    detached: true,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    cleanup: false,
  })
  const pid = child.pid
  if (pid !== undefined) options.run.track(pid)
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-outputLimit)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  let exit: string | undefined
  const ended = child.then((result) => {
    exit =
      result.signal === undefined
        ? `code ${result.exitCode ?? result.code ?? 'unknown'}`
        : `signal ${result.signal}`
    return exit
  })
  return {
    pid: pid ?? 0,
    ended,
    exit: () => exit,
    output: () => output,
    end: async () => {
      if (pid === undefined) return
      await endGroup(pid)
      await ended
      options.run.untrack(pid)
    },
  }
}

/** Ends every process of the group that `pid` leads: SIGTERM, then SIGKILL after 2 seconds. */
export async function endGroup(pid: number): Promise<void> {
  const startedAt = processOf(pid)?.startedAt
  if (!signalGroup(pid, 'SIGTERM')) return
  for (let waitedMs = 0; waitedMs < 2_000; waitedMs += 20) {
    await sleep(20)
    // Orphans that ended stay zombies until init reaps them; they answer signals, yet they are gone.
    if (startedAt === undefined ? !signalGroup(pid, 0) : !groupIsThere(pid, startedAt)) return
  }
  signalGroup(pid, 'SIGKILL')
}
