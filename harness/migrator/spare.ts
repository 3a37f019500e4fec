import type { NodeChild } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'
import { guardPreloads, startChild } from './child-process.ts'
import { tsxVariables } from './tsx-variables.ts'

/** Children of the migrator that were started before they were needed. */
export interface SpareChildren {
  /** Starts what is missing to `count` waiting children; to be called where nothing is timed. */
  prepare(count?: number): void
  /** One that waits for its request, and with it for its environment. */
  take(): NodeChild | undefined
  /** Ends those that nobody took. */
  end(): Promise<void>
}

export interface SpareOptions {
  /** Of a child with no database to connect to; only what names the database may differ later. */
  readonly environment: Readonly<Record<string, string>>
  readonly cwd: string
  /** Where the migrations are. */
  readonly path: string
  readonly run: Run
}

/**
 * Node, tsx and our own modules take longer to load than most migrations to run; a spare child has done so and has
 * loaded nothing of the app's. There are none where the environment preloads modules, which would read it too early.
 */
export async function openSpares({ environment, cwd, path, run }: SpareOptions): Promise<SpareChildren> {
  const whole = { ...environment, ...(await tsxVariables(path)) }
  const isReadEarly = 'NODE_OPTIONS' in whole || guardPreloads(whole).length > 0
  const waiting: NodeChild[] = []
  return {
    prepare(count = 1) {
      if (isReadEarly) return
      while (waiting.length < count) waiting.push(startChild({ cwd, environment: whole, run }))
    },
    take() {
      const child = waiting.shift()
      return child?.process.connected === true ? child : undefined
    },
    async end() {
      await Promise.all(waiting.splice(0).map((child) => child.end()))
    },
  }
}
