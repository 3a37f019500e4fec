import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Connection } from '../postgres/connection.ts'
import type { Availability } from '../engines/engine.ts'

/** Another process of the tool with an embedded server of its own. */
export interface EmbeddedChild {
  readonly process: ChildProcess
  readonly id: string
  readonly directory: string
  readonly connection: Connection
  readonly probe: Availability
  /** Resolves with its exit code, null after a signal. */
  readonly exited: Promise<number | null>
}

export interface ChildOptions {
  readonly ending: 'wait' | 'keep' | 'stop'
  /** Directory for temporary files. */
  readonly temporary: string
  readonly cwd?: string
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** Starts it and waits until its server answers; throws with its stderr when it exits before. */
export async function startEmbeddedChild(options: ChildOptions): Promise<EmbeddedChild> {
  const program = join(import.meta.dirname, 'start-embedded.ts')
  const child = spawn(process.execPath, [program, options.ending], {
    cwd: options.cwd ?? import.meta.dirname,
    env: { PATH: process.env['PATH'], HOME: options.temporary, TMPDIR: options.temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options.user,
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const line = once(createInterface(child.stdout), 'line').then(([text]) => String(text))
  const said = await Promise.race([line, exited.then((code) => `exited with ${code}: ${stderr}`)])
  if (!said.startsWith('{')) throw new Error(said)
  return { process: child, exited, ...(JSON.parse(said) as Omit<EmbeddedChild, 'process' | 'exited'>) }
}
