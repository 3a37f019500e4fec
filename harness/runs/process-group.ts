import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { groupIsThere, processOf, signalGroup } from './processes.ts'
import type { Run } from './run.ts'
import { tailOf } from './tail.ts'

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
  let exit: string | undefined
  const ended = child.then((result) => {
    exit =
      result.signal === undefined
        ? `code ${result.exitCode ?? result.code ?? 'unknown'}`
        : `signal ${result.signal}`
    return exit
  })
  return { ...leader(child.nodeChildProcess, options.run, ended), ended, exit: () => exit }
}

/** A child process of our own code, and everything it starts. */
export interface NodeChild extends Pick<Group, 'pid' | 'output' | 'end'> {
  readonly process: ChildProcess
  /** Settles once the child itself has ended. */
  readonly exited: Promise<ProcessExit>
}

export interface ProcessExit {
  /** Null when a signal ended it, and when it could not be started. */
  readonly exitCode: number | null
  readonly signal: string | null
}

/** As `startGroup`, of Node with these arguments, and with a channel for messages. */
export function startNodeChild(
  args: readonly string[],
  options: {
    readonly cwd?: string
    readonly environment: Readonly<Record<string, string>>
    readonly run: Run
    /** Default: kept as standard error is. */
    readonly stdout?: 'ignore'
  },
): NodeChild {
  const { nodeChildProcess: child } = execa(process.execPath, [...args], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.environment,
    extendEnv: false,
    ipc: true,
    detached: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    stdout: options.stdout ?? 'pipe',
  })
  // Its own promise also waits for the end of its output, which a grandchild may hold open.
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
    child.once('error', () => resolve({ exitCode: null, signal: null }))
  })
  return { ...leader(child, options.run, exited), process: child, exited }
}

function leader(
  { pid, stdout, stderr }: ChildProcess,
  run: Run,
  ended: Promise<unknown>,
): Pick<Group, 'pid' | 'output' | 'end'> {
  if (pid !== undefined) run.track(pid)
  const output = tailOf(outputLimit)
  stdout?.on('data', output.push)
  stderr?.on('data', output.push)
  return {
    pid: pid ?? 0,
    output: output.text,
    end: async () => {
      if (pid === undefined) return
      await endGroup(pid)
      await ended
      stdout?.destroy()
      stderr?.destroy()
      run.untrack(pid)
    },
  }
}

/**
 * Ends every process of the group that `pid` leads: SIGTERM, then SIGKILL after 2 seconds. With the leader's start
 * time a pid that has become another process is left alone. Returns whether there was something to end.
 */
export async function endGroup(pid: number, leaderStartedAt?: string): Promise<boolean> {
  if (leaderStartedAt !== undefined && !groupIsThere(pid, leaderStartedAt)) return false
  const startedAt = leaderStartedAt ?? processOf(pid)?.startedAt
  if (!signalGroup(pid, 'SIGTERM')) return false
  for (let waitedMs = 0; waitedMs < 2_000; waitedMs += 20) {
    await sleep(20)
    // Orphans that ended stay zombies until init reaps them; they answer signals, yet they are gone.
    if (startedAt === undefined ? !signalGroup(pid, 0) : !groupIsThere(pid, startedAt)) return true
  }
  signalGroup(pid, 'SIGKILL')
  return true
}
