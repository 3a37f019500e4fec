import type { FreezableServer, Freezing, Frozen } from '../engines/engine.ts'
import { noteUse, saveSnapshot, type SnapshotRecord } from './store.ts'

/** A server whose data becomes a snapshot. */
export interface Making {
  readonly server: FreezableServer
  /** The snapshot's; undefined where it is not to be stored. */
  readonly key: string | undefined
  /** Stops the server, freezes its data and stores it; returns what clones are to be made of. */
  finish(record: SnapshotRecord): Promise<Frozen>
  /** Stops the server and removes the data unless it was stored; safe at any moment. */
  dispose(): Promise<void>
}

/** `key` undefined: the frozen data is this run's alone and removed with it. */
export function makeSnapshot(freezing: Freezing, server: FreezableServer, key: string | undefined): Making {
  let frozen: Promise<Frozen> | undefined
  let stored: Promise<Frozen> | undefined
  const store = async (data: Frozen, as: string, record: SnapshotRecord) => {
    const saved = await saveSnapshot(freezing.shelf, { key: as, frozen: data, record })
    await noteUse(as)
    return saved.frozen
  }
  return {
    server,
    key,
    finish: async (record) => {
      const data = await (frozen ??= server.freeze())
      return key === undefined ? data : await (stored ??= store(data, key, record))
    },
    dispose: async () => {
      const data = await frozen?.catch(() => undefined)
      const kept = await stored?.catch(() => undefined)
      await server.stop()
      if (data !== undefined && kept === undefined) await freezing.discard(data)
    },
  }
}
