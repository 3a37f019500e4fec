import { randomUUID } from 'node:crypto'
import { finished } from 'node:stream'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Container, Exec } from 'dockerode'
import { HarnessError } from '../errors.ts'
import { tailOf } from '../runs/tail.ts'
import { answerWithinMs, engineWords, statusOf, within } from './docker-client.ts'
import { readFrames } from './docker-frames.ts'
import type { ToolOptions, ToolResult } from './engine.ts'

/** What to run as the container's user `postgres`. */
export interface ExecCommand {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Bytes of stderr that are kept. */
const stderrBytes = 1024 * 1024
const exitCodeWithinMs = 10_000
const killWithinMs = 10_000

/**
 * Runs a command in the container, feeding it `stdin` only as fast as it reads. A non-zero exit is returned, 127 when
 * there is no such command. Throws the signal's reason when aborted and the source's error when `stdin` fails, in both
 * cases after the command was ended (it must not take half an input for a whole one); throws HarnessError
 * `docker-exec-lost` when the container goes away.
 *
 * Goes through the engine's hijacked connection: Testcontainers' exec has no stdin and buffers everything, and a
 * docker command line is not on every machine that reaches an engine.
 */
export async function execInContainer(
  container: Container,
  command: ExecCommand,
  options: Pick<ToolOptions, 'stdin' | 'signal'> = {},
): Promise<ToolResult> {
  options.signal?.throwIfAborted()
  const pidFile = `/tmp/pg-rehearsal-${randomUUID()}.pid`
  const { exec, socket } = await startExec(container, command, pidFile, options.stdin !== undefined)
  const output = collect(socket)
  const interruption = await feed(socket, output.closed, options)
  options.stdin?.unpipe(socket)
  options.stdin?.destroy()
  if (interruption !== undefined) {
    await endCommand(container, pidFile)
    socket.destroy()
    throw interruption.reason
  }
  return { exitCode: await exitCodeOf(exec, command), ...output.texts() }
}

/** Resolves when the command has ended, or with the reason why it has to be. */
async function feed(
  socket: Duplex,
  closed: Promise<void>,
  { stdin, signal }: Pick<ToolOptions, 'stdin' | 'signal'>,
): Promise<{ reason: unknown } | undefined> {
  const listening = new AbortController()
  try {
    return await new Promise((resolve) => {
      void closed.then(() => resolve(undefined))
      const abort = () => resolve({ reason: signal?.reason })
      signal?.addEventListener('abort', abort, { signal: listening.signal })
      if (signal?.aborted === true) abort()
      if (stdin === undefined) return
      finished(stdin, { writable: false }, (error) => {
        if (error !== undefined && error !== null) resolve({ reason: error })
      })
      stdin.pipe(socket)
    })
  } finally {
    listening.abort()
  }
}

/** The shell writes down the process id that the command then takes over, for `endCommand` to find. */
async function startExec(container: Container, command: ExecCommand, pidFile: string, withStdin: boolean) {
  const [program = '', ...args] = command.argv
  const script = 'echo $$ > "$0" && exec "$@"'
  try {
    const exec = await container.exec({
      Cmd: ['sh', '-c', script, pidFile, program, ...args],
      Env: Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${value}`),
      User: 'postgres',
      AttachStdin: withStdin,
      AttachStdout: true,
      AttachStderr: true,
      abortSignal: AbortSignal.timeout(answerWithinMs),
    })
    const socket = await within(answerWithinMs, exec.start({ hijack: true, stdin: withStdin }))
    return { exec, socket }
  } catch (cause) {
    throw lost(command, engineWords(cause), cause)
  }
}

/**
 * Reads as fast as it comes, never pausing: a command that exits before it has read all its input makes our next
 * write fail, and what it said must have been taken in by then.
 */
function collect(socket: Duplex) {
  const stdout: Buffer[] = []
  const stderr = tailOf(stderrBytes)
  const frames = readFrames((kind, content) => (kind === 'stderr' ? stderr : stdout).push(content))
  socket.on('data', frames)
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => {
    for (const event of ['end', 'close', 'error']) socket.once(event, () => resolve())
  })
  return { closed, texts: () => ({ stdout: Buffer.concat(stdout).toString(), stderr: stderr.text() }) }
}

/** The engine may close the output a moment before it knows the exit code. */
async function exitCodeOf(exec: Exec, command: ExecCommand): Promise<number> {
  const deadline = Date.now() + exitCodeWithinMs
  while (Date.now() < deadline) {
    const state = await exec
      .inspect({ abortSignal: AbortSignal.timeout(answerWithinMs) })
      .catch((cause: unknown) => {
        throw lost(command, statusOf(cause) === 404 ? 'its container is gone' : engineWords(cause), cause)
      })
    if (!state.Running && state.ExitCode !== null) return state.ExitCode
    await sleep(20)
  }
  throw lost(command, 'the connection to the engine broke while it ran')
}

/** Terminates, then kills. Not SIGINT: upon that `psql -1` commits what it has done so far (measured on 17.12). */
async function endCommand(container: Container, pidFile: string): Promise<void> {
  const script = `
    for wait in 1 2 3 4 5; do [ -s "$0" ] && break; sleep 0.1; done
    pid=$(cat "$0") || exit 0
    for signal in TERM KILL; do
      for wait in 1 2 3 4 5; do
        [ $wait = 1 ] && { kill -$signal "$pid" 2>/dev/null || exit 0; }
        sleep 0.1
        kill -0 "$pid" 2>/dev/null || exit 0
      done
    done`
  try {
    const exec = await container.exec({
      Cmd: ['sh', '-c', script, pidFile],
      User: 'postgres',
      AttachStdout: true,
      abortSignal: AbortSignal.timeout(answerWithinMs),
    })
    const socket = await within(answerWithinMs, exec.start({ hijack: true, stdin: false }))
    await Promise.race([collect(socket).closed, sleep(killWithinMs, undefined, { ref: false })])
    socket.destroy()
  } catch {
    // The container is gone, and the command with it; its caller has the better reason to report.
  }
}

function lost(command: ExecCommand, why: string, cause?: unknown): HarnessError {
  return new HarnessError('docker-exec-lost', `${command.argv[0]} in the container was lost: ${why}`, {
    hint: 'See `docker ps -a` and `docker logs`; the engine may have run out of memory or disk.',
    cause,
  })
}
