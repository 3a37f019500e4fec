import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import type { Clone, CloneOptions, Clones } from './clones.ts'
import { parallelismOf } from './parallelism.ts'

/**
 * Clones that are databases on the server of `pristine` itself, made by `CREATE DATABASE … TEMPLATE`. `parallel` of
 * them are at work at once; by default what the machine allows.
 */
export function templateClones(server: Server, pristine: string, parallel?: number): Clones {
  let made = 0
  let last: Promise<unknown> = Promise.resolve()
  return {
    method: 'copied within the server (CREATE DATABASE … TEMPLATE)',
    parallelism: parallelismOf('database', parallel),
    canIsolate: false,
    open: async ({ purpose, isolated = false }: CloneOptions): Promise<Clone> => {
      if (isolated) throw notIsolated(purpose)
      made += 1
      const database = `${pristine}_${purpose}_${made}`
      // The server refuses to copy a database that it is copying already.
      const copied = last.then(() => server.cloneDatabase(pristine, database))
      last = copied.catch(() => {})
      await copied
      let closed: Promise<void> | undefined
      const close = () => (closed ??= server.dropDatabase(database))
      return { server, database, connection: server.connection(database), isolated: false, close }
    },
  }
}

function notIsolated(purpose: string): HarnessError {
  return new HarnessError(
    'clone-not-isolated',
    `${purpose} needs a server of its own for its copy, and copies here share one server.`,
    { hint: 'Use --engine docker or --engine embedded.' },
  )
}
