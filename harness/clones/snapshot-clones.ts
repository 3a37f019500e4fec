import type { ClonedServer, Freezing, Frozen, ServerRequest } from '../engines/engine.ts'
import type { Clone, CloneOptions, Clones } from './clones.ts'
import { parallelismOf } from './parallelism.ts'

export interface SnapshotClonesOptions {
  readonly freezing: Freezing
  readonly frozen: Frozen
  readonly request: ServerRequest
  /** Of the frozen server, as it was restored. */
  readonly database: string
  /** How the rehearsal's own server came to be, for the report. */
  readonly method: string
  /** Copies of a small database within the rehearsal's own server, which are faster to make than a server. */
  readonly within?: Clones
  /** How many questions are at work at once; by default what the machine allows. */
  readonly parallel?: number | undefined
}

/** Clones with a close of their own for all that are open. */
export interface SnapshotClones extends Clones {
  /** Removes every clone that is open or being opened. */
  closeAll(): Promise<void>
}

/** Clones that are servers of their own on the frozen data; where no server is asked for, `within` where there is one. */
export function snapshotClones(options: SnapshotClonesOptions): SnapshotClones {
  const { freezing, frozen, request, database, within } = options
  const opened = new Set<Promise<ClonedServer>>()
  const open = async ({ purpose, isolated = false }: CloneOptions): Promise<Clone> => {
    if (!isolated && within !== undefined) return await within.open({ purpose })
    const opening = freezing.clone(frozen, { ...request, purpose })
    opened.add(opening)
    const { server } = await opening.catch((error: unknown) => {
      opened.delete(opening)
      throw error
    })
    const close = async () => {
      await server.stop()
      opened.delete(opening)
    }
    return { server, database, connection: server.connection(database), isolated: true, close }
  }
  return {
    method: within === undefined ? options.method : `${within.method}, or ${options.method}`,
    parallelism: parallelismOf('server', options.parallel),
    canIsolate: true,
    open,
    closeAll: async () => {
      await Promise.all(
        [...opened].map(async (opening) => await (await opening.catch(() => undefined))?.server.stop()),
      )
    },
  }
}
