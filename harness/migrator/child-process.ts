import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { ChildProcess } from 'node:child_process'
import type { Message } from './protocol.ts'

export interface MigratorChild {
  readonly process: ChildProcess
  readonly exited: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>
  /** The last 64 KiB of stdout and stderr. */
  output(): string
}

const outputBytes = 64 * 1024

/**
 * Modules to preload with `--import` into any Node child that runs the team's code in this environment: the
 * guard (see guard.ts) where it has servers to keep away from.
 */
export function guardPreloads(environment: Readonly<Record<string, string>>): string[] {
  return environment['PG_REHEARSAL_BLOCKED'] === undefined ? [] : [guardUrl]
}

/** The same as `NODE_OPTIONS`, which reach Node wherever a command starts it. */
export function guardedNodeOptions(environment: Readonly<Record<string, string>>): Record<string, string> {
  const preloads = guardPreloads(environment)
  if (preloads.length === 0) return {}
  const given = environment['NODE_OPTIONS'] ?? ''
  return { NODE_OPTIONS: `${given} ${preloads.map((url) => `--import ${url}`).join(' ')}`.trim() }
}

export const guardUrl = new URL(`./guard${extname(import.meta.url)}`, import.meta.url).href

/**
 * Starts the migrator's child process as the leader of a process group of its own. tsx is there for the
 * team's TypeScript, whatever directory they lie in.
 */
export function startChild(options: {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
}): MigratorChild {
  const script = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url))
  const preloads = [...guardPreloads(options.environment), import.meta.resolve('tsx')]
  const flags = ['--experimental-import-meta-resolve', ...preloads.flatMap((url) => ['--import', url])]
  const { nodeChildProcess: child } = execa(process.execPath, [...flags, script], {
    cwd: options.cwd,
    env: options.environment,
    extendEnv: false,
    ipc: true,
    detached: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
  })
  // Its own promise also waits for stdout, which a grandchild may hold open.
  const exited = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
    child.once('error', () => resolve({ exitCode: null, signal: null }))
  })
  return { process: child, exited, output: collect([child.stdout, child.stderr]) }
}

/** Calls `onMessage` with each message of the child's own. */
export function listen({ process: child }: MigratorChild, onMessage: (message: Message) => void): void {
  child.on('message', (message: unknown) => {
    if (isMessage(message)) onMessage(message)
  })
}

/** The migrations' code may send messages of its own, as process managers expect. */
function isMessage(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false
  return ['loaded', 'started', 'ended', 'late', 'done', 'failed'].includes(String(message.kind))
}

function collect(streams: readonly (NodeJS.ReadableStream | null)[]): () => string {
  let kept = Buffer.alloc(0)
  for (const stream of streams) {
    stream?.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk]).subarray(-outputBytes)
    })
  }
  return () => kept.toString('utf8')
}
