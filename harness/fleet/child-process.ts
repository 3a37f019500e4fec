import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startNodeChild, type ProcessExit } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'

/** A rehearsal in a process of its own. */
export interface RehearsalProcess {
  readonly pid: number
  /** Settles when the process has ended: with its exit code, or null and the signal that ended it. */
  readonly ended: Promise<ProcessExit>
  /** The last 64 KiB of its standard error. */
  errors(): string
  /** Asks the rehearsal to end in order, as Ctrl-C would. */
  interrupt(): void
  /** Ends it and all of its process group: SIGTERM, then SIGKILL after 2 seconds. */
  end(): Promise<void>
}

const program = fileURLToPath(new URL(`../bin${extname(import.meta.url)}`, import.meta.url))

/**
 * Starts `rehearse run` as the leader of a process group, remembered by `run`. It ends itself, in order, when this
 * process is gone, whatever ended that: it hears of it by the channel that both share.
 */
export function startRehearsal(
  args: readonly string[],
  { cwd, environment, run }: { cwd: string; environment: Readonly<Record<string, string>>; run: Run },
): RehearsalProcess {
  const {
    process: child,
    pid,
    exited,
    output,
    end,
  } = startNodeChild([program, 'run', ...args], {
    cwd,
    environment,
    run,
    stdout: 'ignore',
  })
  return { pid, ended: exited, errors: output, interrupt: () => void child.kill('SIGTERM'), end }
}
