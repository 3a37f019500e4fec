import type { Client } from 'pg'
import type { Footprint } from './footprint.ts'
import { changeOf } from './footprint.ts'
import type { HeldLock } from './locks.ts'
import { readLocks } from './locks.ts'
import { readRelations } from './session-state.ts'

export interface Sampling {
  /** Ends it and tells what the statement did, as far as another session could see. */
  end(): Promise<Omit<Footprint, 'statements' | 'transaction' | 'seen'>>
}

/** Polls, without a pause, the locks of a backend that runs one statement outside a transaction block. */
export async function beginSampling(watch: Client, backendPid: number): Promise<Sampling> {
  const relations = new Map((await readRelations(watch, null)).map((it) => [it.oid, it]))
  const seen = new Map<string, HeldLock>()
  const ended = new AbortController()
  const polling = (async () => {
    while (!ended.signal.aborted) {
      for (const lock of (await readLocks(watch, backendPid)).locks)
        seen.set(`${lock.oid} ${lock.mode}`, lock)
    }
  })()
  polling.catch(() => {})
  return {
    async end() {
      ended.abort()
      await polling
      const before = { state: { locks: [], walBytes: Infinity }, relations, original: relations }
      const after = {
        locks: [...seen.values()].map(({ oid, mode }) => ({ oid, mode })),
        relations: await readRelations(watch, null),
        walBytes: 0,
        hasLockTimeout: true,
      }
      return { ...withImplied(changeOf(before, after)), released: [] }
    },
  }
}

/** Nothing gets new storage under a weaker lock, however short it was held: polling comes too late at times. */
function withImplied(change: Omit<Footprint, 'statements' | 'transaction' | 'seen'>): typeof change {
  const mode = 'ACCESS EXCLUSIVE'
  const missed = change.rewritten.filter(
    ({ oid }) => !change.locks.some((lock) => lock.mode === mode && lock.relation.oid === oid),
  )
  return { ...change, locks: [...change.locks, ...missed.map((relation) => ({ relation, mode }) as const)] }
}
