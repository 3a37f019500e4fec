import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startNodeChild, type NodeChild } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'
import type { Message } from './protocol.ts'

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
  readonly run: Run
}): NodeChild {
  const script = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url))
  const preloads = [...guardPreloads(options.environment), import.meta.resolve('tsx')]
  const flags = ['--experimental-import-meta-resolve', ...preloads.flatMap((url) => ['--import', url])]
  return startNodeChild([...flags, script], options)
}

/** Calls `onMessage` with each message of the child's own. */
export function listen({ process: child }: NodeChild, onMessage: (message: Message) => void): void {
  child.on('message', (message: unknown) => {
    if (isMessage(message)) onMessage(message)
  })
}

/** The migrations' code may send messages of its own, as process managers expect. */
function isMessage(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false
  return ['loaded', 'started', 'ended', 'late', 'done', 'failed'].includes(String(message.kind))
}
